#pragma once
// Runs the built program as a user would, and keeps what came out of each stream.
#include <string>
#include <vector>

namespace twinlink::test {

struct Outcome {
  int code = -1;  // exit code; 128 + signal if a signal ended it
  std::string out, err;
};

// `arguments` is shell text after the program's name: quoting and redirections work.
Outcome twinlink(const std::string& arguments);
// As twinlink, of any shell command; $TWINLINK is the program.
Outcome shell(const std::string& command);

// A folder of its own, removed with its contents at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  // Writes a file and returns its path.
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const;
  // Names of all files, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::string path_;
};

std::string read_text(const std::string& path);
bool has(const std::string& text, const std::string& part);
// Compares with tests/golden/cli/NAME; on a mismatch writes NAME.new beside it (before its ending)
// and returns a message with both paths. Empty: equal. The version is replaced by VERSION first.
std::string golden_difference(const std::string& name, std::string text);
// A scenario of one algorithm on the ideal crossbar; `fields` are added (start with a comma).
std::string crossbar_scenario(const std::string& fields = "");

}  // namespace twinlink::test
