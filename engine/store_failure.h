// What a database's error means to the user.
#pragma once

#include <soci/error.h>

#include "common/error.h"

namespace nas::engine {

// Throws DataError of a damaged database, else SystemError. `where`: what the database is called.
[[noreturn]] void throw_store_failure(const std::string& where, const soci::soci_error& error);

}  // namespace nas::engine
