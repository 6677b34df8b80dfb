// A PostgreSQL server for tests: that of $NAS_TEST_POSTGRESQL, a connection text, where it is set;
// else one of their own, which ends with them.
#pragma once

#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "common/file.h"
#include "common/process.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

class PostgresServer {
 public:
  // A store's URL; empty where no server is installed. One server for the whole program: it takes a
  // second to start.
  static std::string url() {
    if (const char* given = std::getenv("NAS_TEST_POSTGRESQL"); given != nullptr && *given != '\0')
      return std::string("postgresql:") + given;
    static PostgresServer server;
    return server.url_;
  }

  ~PostgresServer() {
    process_.signal(SIGINT);  // it ends its own processes
    process_.wait();
  }

 private:
  PostgresServer()
      : process_({.arguments = {NAS_SOURCE_DIR "/scripts/postgres_scratch", folder_.path()},
                  .pipe_stdout = true,
                  .stderr_file = folder_.path() / "log"}) {
    url_ = process_.read_line(60000).value_or("");
    const auto status_file = folder_.path() / "data" / "postmaster.pid";
    while (!url_.empty()) {
      if (std::filesystem::exists(status_file) &&
          common::read_file(status_file).find("ready") != std::string::npos)
        return;
      if (process_.poll()) throw std::runtime_error(common::read_file(folder_.path() / "log"));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    if (process_.wait().exit_code != 77)
      throw std::runtime_error(common::read_file(folder_.path() / "log"));
  }

  TempDir folder_;
  common::Process process_;
  std::string url_;
};

}  // namespace nas::tests
