#include "scenarios/cli/layout.h"

namespace twinlink::scenarios::cli {

std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out, line;
  bool begun = false;  // the line has a word
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find(' ', at);
    if (end == std::string::npos) end = text.size();
    const std::string word = text.substr(at, end - at);
    if (begun && line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line.assign(indent, ' ');
      begun = false;
    }
    line += (begun ? " " : "") + word;
    begun = true;
    at = end + 1;
  }
  return out + line + "\n";
}

}  // namespace twinlink::scenarios::cli
