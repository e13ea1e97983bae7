#include "scenarios/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

namespace fs = std::filesystem;

std::string resolved(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_symlink(path, ignored)) return path;
  const fs::path target = fs::weakly_canonical(path, ignored);
  return ignored ? path : target.string();
}

bool is_special(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored) && !fs::is_regular_file(path, ignored) &&
         !fs::is_directory(path, ignored);
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path), target_(resolved(path)) {
  if (is_special(target_)) {
    file_ = std::fopen(target_.c_str(), "wb");
  } else if (fs::is_directory(target_)) {
    errno = EISDIR;
  } else {
    temporary_ = target_ + ".tmp." + std::to_string(::getpid());
    file_ = std::fopen(temporary_.c_str(), "wbx");
  }
  if (file_ == nullptr) fail("cannot write");
}

AtomicFile::~AtomicFile() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail("cannot write");
}

void AtomicFile::commit() {
  std::FILE* file = file_;
  file_ = nullptr;
  const bool closed = std::fclose(file) == 0;
  if (temporary_.empty()) {
    if (!closed) fail("cannot write");
    return;
  }
  if (closed && ::rename(temporary_.c_str(), target_.c_str()) == 0) return;
  const int why = errno;
  ::unlink(temporary_.c_str());
  errno = why;
  fail("cannot write");
}

void AtomicFile::fail(const char* what) const {
  throw InputError(path_ + ": " + what + ": " + std::strerror(errno));
}

}  // namespace twinlink::scenarios
