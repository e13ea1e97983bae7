#pragma once
// The files of tests/bad: kind (folder), name and text. Used by tests of messages and of schemas.
#include <filesystem>
#include <string>
#include <vector>

namespace twinlink::tests {

struct BadFile {
  std::string kind, name, text;
  std::filesystem::path path;
};

inline std::vector<std::string> bad_kinds() { return {"scenario", "topology", "profile", "plan"}; }
// Files of one kind, by name.
std::vector<BadFile> bad_files(const std::string& kind);
// The error of reading `text` as a file of that kind, or "accepted".
std::string error_of(const std::string& kind, const std::string& text, const std::string& name);

}  // namespace twinlink::tests
