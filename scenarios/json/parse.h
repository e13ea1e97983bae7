#pragma once
// JSON text -> nlohmann::json, strictly: duplicate keys, nesting beyond a limit, numbers that
// overflow, trailing text and files that end too early are refused with line and column.
//
// Comments (// and /* */) are allowed. Of duplicate keys all are reported. Never recursive in the
// depth of the input, so that ten megabytes of '[' are refused at the 65th.
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace twinlink::scenarios {

struct ParseLimits {
  std::size_t bytes = std::size_t{64} << 20;
  std::size_t depth = 64;
};

// Throws InputError with positions in `file`.
nlohmann::json parse_json(const std::string& text, const std::string& file,
                          const ParseLimits& limits);

}  // namespace twinlink::scenarios
