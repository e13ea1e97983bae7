#pragma once
// Whole files in and out. write_file is atomic: the text is written beside the target and renamed,
// so that a reader sees the old file or the new one, never half of it.
#include <filesystem>
#include <string>

namespace twinlink::scenarios {

// Throws InputError (file named) if it cannot be read or has more than `limit` bytes.
std::string read_file(const std::filesystem::path& path,
                      std::uintmax_t limit = std::uintmax_t{1} << 30);
// Throws InputError (file named) if it cannot be written; nothing is left behind.
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace twinlink::scenarios
