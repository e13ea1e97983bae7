#include "tests/scenarios/cli/program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scenarios/version.h"

namespace twinlink::test {

namespace fs = std::filesystem;

Folder::Folder() {
  std::string name = (fs::temp_directory_path() / "twinlink_test_XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw fs::filesystem_error("mkdtemp", {});
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name), std::ios::binary) << text;
  return path(name);
}

std::vector<std::string> Folder::names() const {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(path_))
    out.push_back(entry.path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Outcome shell(const std::string& command) {
  const Folder folder;
  const std::string script = "TWINLINK='" TL_PROGRAM "'; { " + command + "\n} >" +
                             folder.path("out") + " 2>" + folder.path("err") + " </dev/null";
  const int status =
      std::system(("bash -c \"$(cat " + folder.write("script", script) + ")\"").c_str());
  Outcome outcome;
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = read_text(folder.path("out"));
  outcome.err = read_text(folder.path("err"));
  return outcome;
}

Outcome twinlink(const std::string& arguments) { return shell("\"$TWINLINK\" " + arguments); }

std::string golden_difference(const std::string& name, std::string text) {
  const std::string version = scenarios::version();
  for (std::size_t at = text.find(version); at != std::string::npos; at = text.find(version, at))
    text.replace(at, version.size(), "VERSION");
  const fs::path golden = fs::path(TL_SOURCE_DIR) / "tests/golden/cli" / name;
  if (read_text(golden.string()) == text) return "";
  fs::path fresh = golden;
  fresh.replace_extension(".new" + golden.extension().string());
  std::ofstream(fresh, std::ios::binary) << text;
  return golden.string() + " differs from " + fresh.string();
}

std::string crossbar_scenario(const std::string& fields) {
  return R"({"schema": "twinlink.scenario/1", "question": "How long?", "machine": "crossbar",
             "operation": "all_reduce", "algorithms": ["ring"], "ranks": [4],
             "bytes": ["3600000 B"])" +
         fields + "}";
}

}  // namespace twinlink::test
