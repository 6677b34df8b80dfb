// Changes a dataset's file as another program, or a fault, may.
#pragma once

#include <hdf5.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

namespace nas::tests {

// Runs `change` on the opened file.
template <class Change>
void tamper(const std::filesystem::path& path, Change change) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  REQUIRE(file >= 0);
  change(file);
  REQUIRE(H5Fclose(file) >= 0);
}

}  // namespace nas::tests
