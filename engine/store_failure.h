// What a database's error means to the user.
#pragma once

#include <soci/error.h>

#include "common/error.h"

namespace nas::engine {

common::SystemError store_failure(const soci::soci_error& error);

}  // namespace nas::engine
