#include "data/hdf5.h"

#include <utility>

namespace nas::data::hdf5 {

namespace {

// HDF5 keeps the handle of a file that it could not flush and closes it again at exit, when its
// memory is gone: so no cleaning up at exit. Errors are told by Failure; printing is switched off
// in each thread that comes here.
void start_library() {
  static const herr_t once = H5dont_atexit();
  (void)once;
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

herr_t keep_first(unsigned position, const H5E_error2_t* error, void* reason) {
  if (position == 0 && error->desc != nullptr) *static_cast<std::string*>(reason) = error->desc;
  return 0;
}

// The innermost entry of HDF5's error stack; of a failed system call only the system's own words.
std::string reason_text() {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &reason);
  const std::string mark = "error message = '";
  if (const auto start = reason.find(mark); start != std::string::npos) {
    const auto first = start + mark.size();
    reason = reason.substr(first, reason.find('\'', first) - first);
  }
  return reason;
}

std::string with_reason(const std::string& action) {
  const std::string reason = reason_text();
  return reason.empty() ? action : action + ": " + reason;
}

// Files are published whole and never changed, so locks, which some network file systems lack, have
// no use.
Handle access_without_locks() {
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "preparing file access");
  require(H5Pset_file_locking(access.id(), false, true), "switching off file locks");
  return access;
}

}  // namespace

Failure::Failure(const std::string& action) : std::runtime_error(with_reason(action)) {}

void require(herr_t status, const std::string& action) {
  if (status < 0) throw Failure(action);
}

Handle::Handle(hid_t id, Close closer, const std::string& action) : id_(id), close_(closer) {
  if (id < 0) throw Failure(action);
}

Handle::Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}

Handle::~Handle() {
  if (id_ >= 0) close_(id_);
}

void Handle::close() {
  const hid_t id = std::exchange(id_, -1);
  if (id >= 0) require(close_(id), "writing what is left");
}

void Handle::abandon() { id_ = -1; }

bool is_hdf5(const std::filesystem::path& path) {
  start_library();
  return H5Fis_hdf5(path.c_str()) > 0;
}

Handle create_file(const std::filesystem::path& path) {
  start_library();
  const Handle access = access_without_locks();
  return Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose,
                "creating the file");
}

Handle open_file(const std::filesystem::path& path) {
  start_library();
  const Handle access = access_without_locks();
  return Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose, "opening the file");
}

Handle create_group(hid_t parent, const std::string& name) {
  return Handle(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose,
                "creating group " + name);
}

Handle open_group(hid_t parent, const std::string& name) {
  return Handle(H5Gopen2(parent, name.c_str(), H5P_DEFAULT), H5Gclose, "opening group " + name);
}

}  // namespace nas::data::hdf5
