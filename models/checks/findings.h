#pragma once
// How the checks report: texts are made only for the findings that are kept.
#include <algorithm>
#include <string>
#include <utility>

#include "models/checks/proof.h"

namespace twinlink::models::checks {

struct Place {
  Check check;
  Rank rank;
  OpId op;
};

// Counts a finding; keeps it, with text() as its message, while there is room.
template <class Text>
void add(Proof& proof, const Place& place, Text&& text) {
  ++proof.total;
  if (proof.findings.size() < kMaxFindings)
    proof.findings.push_back({place.check, place.rank, place.op, text()});
}

// Adds the findings of `more` to `proof`.
inline void merge(Proof& proof, Proof more) {
  proof.total += more.total;
  for (Finding& finding : more.findings)
    if (proof.findings.size() < kMaxFindings) proof.findings.push_back(std::move(finding));
  proof.wrong_ranks.insert(proof.wrong_ranks.end(), more.wrong_ranks.begin(),
                           more.wrong_ranks.end());
  std::sort(proof.wrong_ranks.begin(), proof.wrong_ranks.end());
  const auto last = std::unique(proof.wrong_ranks.begin(), proof.wrong_ranks.end());
  proof.wrong_ranks.erase(last, proof.wrong_ranks.end());
}

inline std::string text(std::int64_t number) { return std::to_string(number); }
inline std::string text(Rank rank) { return "rank " + text(std::int64_t{rank.value}); }
inline std::string text(OpId op) { return "op " + text(std::int64_t{op.value}); }

// "bytes 0..63 of "output" of rank 2"
inline std::string text_of_bytes(const Buffer& buffer, std::int64_t begin, std::int64_t end) {
  return "bytes " + text(begin) + ".." + text(end - 1) + " of \"" + buffer.name + "\" of " +
         text(buffer.rank);
}

}  // namespace twinlink::models::checks
