#pragma once
// A whole file as text. Writing is atomic_file.h.
#include <cstdint>
#include <filesystem>
#include <string>

namespace twinlink::scenarios {

// Throws InputError (file named) if it cannot be read or has more than `limit` bytes.
std::string read_file(const std::filesystem::path& path,
                      std::uintmax_t limit = std::uintmax_t{1} << 30);

}  // namespace twinlink::scenarios
