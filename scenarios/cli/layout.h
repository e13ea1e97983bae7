#pragma once
// Text for a terminal of 80 columns.
#include <cstddef>
#include <string>

namespace twinlink::scenarios::cli {

inline constexpr std::size_t kColumns = 80;

// Words of `text` in lines of at most kColumns (a longer word stands alone); all lines but the
// first begin with `indent` blanks. Ends with a line break.
std::string wrapped(const std::string& text, std::size_t indent = 0);

}  // namespace twinlink::scenarios::cli
