// Files: read whole, written so that a reader sees the old or the new content, never a part.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nas::common {

// Throws DataError when the file is missing or cannot be read.
std::string read_file(const std::filesystem::path& path);

// Makes the folder and what it lies in. Throws SystemError, beginning with `where`.
void make_folder(const std::filesystem::path& folder, const std::string& where);

// Tries whether a file can be made there, before work is done for it; makes missing folders. Throws
// SystemError. (Permissions alone do not tell: root has them all, on a read-only disk as well.)
void require_writable(const std::filesystem::path& path);

// Tries whether files can be made in a folder, that is or is not there, and leaves everything as it
// was. Throws SystemError, beginning with `where` when the folder cannot be made.
void try_folder(const std::filesystem::path& folder, const std::string& where);

// Temporary file in the same folder + fsync + rename + fsync(folder); creates missing folders.
// Throws SystemError (unwritable, disk full) and leaves no temporary file behind.
void write_file_atomically(const std::filesystem::path& path, const std::string& content);

// Appends and flushes one line; used for metrics that may lose their last line in a crash.
void append_line(const std::filesystem::path& path, const std::string& line);

// Moves a finished file into place: fsync + rename + fsync(folder).
void publish_file(const std::filesystem::path& temporary, const std::filesystem::path& path);

// A path beside `path` for a writer that needs a real file (HDF5, SQLite), unique to the process.
std::filesystem::path temporary_beside(const std::filesystem::path& path);

// Removes what killed writers left in the folder (and below it): temporary files that nobody has
// written to for an hour.
void remove_stale_temporaries(const std::filesystem::path& folder, bool below);

// Files, and folders that are empty by then, that are removed in this order unless they are kept.
class FilesOnTrial {
 public:
  explicit FilesOnTrial(std::vector<std::filesystem::path> paths) : paths_(std::move(paths)) {}
  ~FilesOnTrial();
  FilesOnTrial(const FilesOnTrial&) = delete;
  FilesOnTrial& operator=(const FilesOnTrial&) = delete;

  void keep() { paths_.clear(); }

 private:
  std::vector<std::filesystem::path> paths_;
};

// Lower-case hexadecimal digests. The file is read in pieces.
std::string sha256_of_file(const std::filesystem::path& path);
std::string sha256_of_text(const std::string& text);
std::string md5_of_file(const std::filesystem::path& path);

// Free bytes of the file system that holds `path` (or its nearest existing parent); infinity where
// it does not count them, as /proc: writing tells.
double free_bytes(const std::filesystem::path& path);

// Throws SystemError when fewer than `bytes` are free, before hours of work are lost to it.
// NAS_TEST_FREE_BYTES replaces the measured figure in tests.
void require_free_bytes(const std::filesystem::path& path, double bytes, const std::string& where);

// True on NFS, Lustre, GPFS, SMB and other network file systems, where SQLite's locks do not hold;
// a path that is not there yet is on that of its nearest existing parent. NAS_TEST_NETWORK_FS=1
// pretends one in tests.
bool on_network_file_system(const std::filesystem::path& path);

// $NAS_CACHE_DIR, or $XDG_CACHE_HOME/nas, or ~/.cache/nas: downloads and prepared datasets.
std::filesystem::path cache_dir();

// The running program, to start it again as a worker or a child.
std::filesystem::path self_path();

}  // namespace nas::common
