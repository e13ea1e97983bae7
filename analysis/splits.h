#pragma once
// Ways to hold rows back: which rows a fit may see, and which it is judged on.
//
// A split leaves out all rows that share one value of a key, once for each value, and pools what
// was left out, so every row is judged by a fit that has not seen its value. every_second holds
// back every second size of each (machine, operation, algorithm, ranks), in ascending order, and
// whatever was measured beside another consumer.
// alone fits what was measured alone and holds back what was measured beside another consumer.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/accuracy.h"

namespace twinlink::analysis {

enum class Split : std::uint8_t { none, by_ranks, by_size, by_algorithm, every_second, alone };
std::string_view name_of(Split split);
std::span<const Split> all_splits();

struct Fold {
  std::string held_out;                 // in words: "ranks 4", "512 KiB", "ca_1stage"
  std::vector<std::size_t> fit, judge;  // indices of samples
};

// none: one fold, fitted and judged on everything (and so no test). A key with one value gives no
// fold: nothing would be left to fit.
std::vector<Fold> folds(std::span<const Sample> samples, Split split);

}  // namespace twinlink::analysis
