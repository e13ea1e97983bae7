#pragma once
// What a plan claims to compute: for whom (groups), on which buffers, by which definition; and how
// elements are dealt to members. The checks prove claims, the executors compare numbers with them.
#include <cstdint>
#include <string>
#include <vector>

#include "models/plan/vocabulary.h"
#include "topology/ids.h"

namespace twinlink::models {

struct Group {
  std::vector<Rank> members;  // in the group's own order
};

// What a part of the plan claims to compute, member by member of one group. The checks prove it and
// the executors compare numbers with its direct definition (models/definition.h).
//   all_reduce      output[r] = sum over members of input[s]
//   reduce_scatter  output[r] = elements of share(r, P, n) of that sum; with starts: as many as the
//                   output has, from element starts[r] on
//   all_gather      output[r] = input[0] input[1] ... one after the other
//   all_to_all      output[r] = block r of input[0], block r of input[1], ... one after the other
//                   (blocks: element ranges of share(i, P, n), or as large as counts says)
//   broadcast       output[r] = input[0]
//   sendrecv        output[r] = input[(r - 1) mod P]
//   exscan, scan    output[p] = fold of input[0..p-1] (exscan) or input[0..p] (scan) by decay_sum,
//                   one power of the head's decay per member; suffix: over the members in reverse
//                   order. With horizons, only the last H members before p: of head h, H =
//                   horizons[h], the fold of input[max(0, p-H)..p-1] (scan: ..p). What is left out
//                   is at most decay^H / (1 - decay) times the largest input, element by element
// Claims may follow each other: an input that ops of the plan write (role inout, and not the
// claim's own output) is what its buffer holds after the last of them. Compute ops change no data
// on the host, so what they write is given there from the start.
struct Claim {
  Operation operation;
  bool suffix = false;
  GroupId group;
  std::int32_t heads = 1;  // decays are per head; element e of n belongs to head e * heads / n
  std::vector<BufferId> inputs;   // one per member, in the group's order
  std::vector<BufferId> outputs;  // may equal inputs (in place)
  // Scans: per head, how many members before its own count, >= 1; empty: all.
  std::vector<std::int32_t> horizons = {};
  // Scans: per member, how many powers of the decay its input stands for (its chunk's length), >=
  // 1; empty: 1 each. A fold of members then decays what comes before it by the sum of their
  // lengths.
  std::vector<std::int32_t> lengths = {};
  // reduce_scatter: per member, the first element of the sum that its output holds (rows may be
  // ragged, or the same for several members); empty: dealt by share().
  std::vector<std::int64_t> starts = {};
  // All-to-all: elements that member s gives member d, at s P + d; empty: shares of the input.
  std::vector<std::int64_t> counts = {};
  [[nodiscard]] std::int64_t count(std::size_t from, std::size_t to) const {
    return counts[from * inputs.size() + to];
  }
};

// One call of a library's collective, by all members of a group. What it computes is the definition
// of a claim of that operation on the slices of its ops; how, the library
// decides: models/library/lower.h makes a sub-plan of it for the simulator.
struct LibraryCall {
  GroupId group;
  Operation operation = Operation::all_reduce;
  std::string library;  // "nccl"
};

// Elements of share i when n elements are dealt to `parts` as evenly as possible: the first n %
// parts shares have one more. begin is the sum of the shares before i. parts >= 1, 0 <= i < parts.
struct Share {
  std::int64_t begin = 0;
  std::int64_t count = 0;
};
constexpr Share share(std::int64_t i, std::int64_t parts, std::int64_t n) {
  const std::int64_t base = n / parts;
  const std::int64_t extra = n % parts;
  return {i * base + (i < extra ? i : extra), base + (i < extra ? 1 : 0)};
}

// share() with pieces that begin at multiples of 16 bytes, which GPUs load at once: units of 16
// bytes are dealt, of which the last may be shorter, so the first piece is the largest still. Where
// elements do not fill 16 bytes evenly, or some piece would get no unit: share().
constexpr Share aligned_share(std::int64_t i, std::int64_t parts, std::int64_t n,
                              std::int64_t element_size) {
  constexpr std::int64_t kAlignment = 16;
  const std::int64_t unit = kAlignment % element_size == 0 ? kAlignment / element_size : 1;
  const std::int64_t units = (n + unit - 1) / unit;
  if (units < parts) return share(i, parts, n);
  const Share dealt = share(i, parts, units);
  const std::int64_t begin = dealt.begin * unit, end = begin + dealt.count * unit;
  return {begin, (end < n ? end : n) - begin};
}

}  // namespace twinlink::models
