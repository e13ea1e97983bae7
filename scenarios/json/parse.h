#pragma once
// JSON text -> nlohmann::json, strictly: duplicate keys, nesting beyond a limit, numbers that
// overflow, trailing text and files that end too early are refused with line and column.
//
// Comments (// and /* */) are allowed. Of duplicate keys all are reported. Never recursive in the
// depth of the input, so that ten megabytes of '[' are refused at the 65th.
#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace twinlink::scenarios {

// Reading a file stops after so many complaints.
inline constexpr std::size_t kMaxIssues = 100;

struct ParseLimits {
  std::size_t bytes = std::size_t{64} << 20;
  std::size_t depth = 64;
  // Name of a top-level list whose elements are not kept but handed out by parse_rows; empty: none.
  // So a plan of a million ops never stands in memory as a tree.
  std::string rows = {};
};

// Throws InputError with positions in `file`.
nlohmann::json parse_json(const std::string& text, const std::string& file,
                          const ParseLimits& limits);

// The elements of the list `limits.rows` one by one, by a second walk through a text that
// parse_json accepted.
void parse_rows(const std::string& text, const std::string& file, const ParseLimits& limits,
                const std::function<void(const nlohmann::json&, std::size_t)>& row);

}  // namespace twinlink::scenarios
