#pragma once
// A file that appears whole or not at all: text goes to a temporary file in the same folder, which
// commit() renames over the target. Without commit() (an exception, say) nothing is left behind.
//
// A target that exists and is no regular file (/dev/null, a pipe) is written directly. A link is
// followed. Every failure is an InputError that names the path and the reason.
#include <cstdio>
#include <string>
#include <string_view>

namespace twinlink::scenarios {

class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view text);
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;
  std::string path_;       // as given, for messages
  std::string target_;     // links followed
  std::string temporary_;  // empty: written directly
  std::FILE* file_ = nullptr;
};

}  // namespace twinlink::scenarios
