#include "scenarios/files/read_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "scenarios/units_text.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& message) {
  throw InputError({{{}, message, path.string(), 0, 0}});
}

std::string last_error() { return std::strerror(errno); }

}  // namespace

std::string read_file(const std::filesystem::path& path, std::uintmax_t limit) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) refuse(path, "this is a directory, not a file");
  std::ifstream in(path, std::ios::binary);
  if (!in) refuse(path, "cannot read the file: " + last_error());
  std::string text;
  std::string block(1 << 16, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    text.append(block, 0, static_cast<std::size_t>(in.gcount()));
    if (text.size() > limit)
      refuse(path, "the file has more than " + to_text(Bytes{static_cast<std::int64_t>(limit)}) +
                       "; it is not read");
  }
  return text;
}

}  // namespace twinlink::scenarios
