// A database of every kind of store, for tests that run over them all.
#pragma once

#include <map>

#include "engine/run_store.h"
#include "tests/support/postgres_server.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

inline std::string sqlite_url() {
  static const TempDir folder;
  return "sqlite:" + (folder.path() / "run.db").string();
}

// Where a store of each kind is had: its URL, empty where there is none on this machine.
inline const std::map<std::string, std::string (*)()>& store_databases() {
  static const std::map<std::string, std::string (*)()> all = {{"postgresql", PostgresServer::url},
                                                               {"sqlite", sqlite_url}};
  return all;
}

// Those that are to be had. All tests of a program share them, each in runs of its own.
inline std::vector<std::string> store_urls() {
  std::vector<std::string> urls;
  for (const auto& [name, url_of] : store_databases()) {
    if (const std::string url = url_of(); !url.empty()) urls.push_back(url);
  }
  return urls;
}

// A database without tables, of the kind of one of these.
inline std::string url_without_tables(const std::string& url) {
  if (common::starts_with(url, "postgresql:")) return url + " dbname=template1";  // every server's
  static const TempDir folder;
  common::write_file_atomically(folder.path() / "empty.db", "");
  return "sqlite:" + (folder.path() / "empty.db").string();
}

inline std::string new_store_run() { return engine::new_run_id(engine::RunFolder("test")); }

}  // namespace nas::tests
