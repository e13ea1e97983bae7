#include "analysis/splits.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace twinlink::analysis;

namespace {

std::vector<Sample> grid() {
  std::vector<Sample> rows;
  for (const char* algorithm : {"a", "b"})
    for (const int ranks : {2, 4})
      for (const std::int64_t bytes : {1024, 4096, 2048})
        rows.push_back({"m", "all_reduce", algorithm, ranks, bytes, 1, 1});
  return rows;
}

}  // namespace

TEST_CASE("leave one out: nothing that is judged was fitted, everything is judged once") {
  const std::vector<Sample> rows = grid();
  const std::pair<Split, std::size_t> expected[] = {
      {Split::by_ranks, 2}, {Split::by_size, 3}, {Split::by_algorithm, 2}};
  for (const auto& [split, count] : expected) {
    const std::vector<Fold> parts = folds(rows, split);
    REQUIRE(parts.size() == count);
    std::vector<int> judged(rows.size());
    for (const Fold& fold : parts) {
      CHECK(fold.fit.size() + fold.judge.size() == rows.size());
      for (const std::size_t i : fold.judge) {
        ++judged[i];
        CHECK(std::find(fold.fit.begin(), fold.fit.end(), i) == fold.fit.end());
      }
    }
    CHECK(judged == std::vector<int>(rows.size(), 1));
  }
  CHECK(folds(rows, Split::by_ranks)[0].held_out == "ranks 2");
}

TEST_CASE("every second size is held back, in ascending order") {
  const std::vector<Sample> rows = grid();  // sizes stand as 1024, 4096, 2048
  const std::vector<Fold> parts = folds(rows, Split::every_second);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].judge.size() == 4);
  for (const std::size_t i : parts[0].judge) CHECK(rows[i].bytes == 2048);
}

TEST_CASE("a key with one value gives no fold") {
  std::vector<Sample> rows = grid();
  for (Sample& row : rows) row.ranks = 2;
  CHECK(folds(rows, Split::by_ranks).empty());
  CHECK(folds(std::span<const Sample>(rows).first(1), Split::every_second).empty());
}

TEST_CASE("what ran beside something else is judged, whatever its size") {
  std::vector<Sample> rows = grid();
  rows[0].together = rows[1].together = true;  // of algorithm a with 2 ranks; 2048 B stay alone
  const Fold second = folds(rows, Split::every_second)[0];
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}})
    CHECK(std::count(second.judge.begin(), second.judge.end(), i) == 1);
  CHECK(std::count(second.fit.begin(), second.fit.end(), std::size_t{2}) == 1);
  CHECK(second.fit.size() + second.judge.size() == rows.size());
  const Fold alone = folds(rows, Split::alone)[0];
  CHECK(alone.judge == std::vector<std::size_t>{0, 1});
  CHECK(alone.fit.size() == rows.size() - 2);
}
