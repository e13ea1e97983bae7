#include "realgpu/linear_attention_check.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>
#include <numeric>
#include <thread>

#include "realgpu/linear_attention_values.h"

namespace twinlink::realgpu {
namespace {

using T = AttentionTensor;

models::ReferenceHead head_of(const AttentionShape& shape, std::int64_t tokens, int sequence) {
  models::ReferenceHead head;
  head.d = kKeyWidth;
  head.e = kValueWidth;
  head.slope = shape.slopes[static_cast<std::size_t>(sequence % shape.heads)];
  head.tokens = tokens;
  head.row = [tokens, sequence](int tensor, std::int64_t token, double* to) {
    const int width = tensor < 2 ? kKeyWidth : kValueWidth;
    const std::int64_t begin = (sequence * tokens + token) * width;
    for (int i = 0; i < width; ++i) to[i] = static_cast<double>(attention_value(tensor, begin + i));
  };
  return head;
}

const char* name_of(T tensor) {
  constexpr const char* kNames[] = {"q", "k", "v", "do", "o", "dq", "dk", "dv"};
  return kNames[static_cast<std::size_t>(tensor)];
}

const std::vector<double>& of(const models::ReferenceRows& rows, T tensor) {
  switch (tensor) {
    case T::dq: return rows.dq;
    case T::dk: return rows.dk;
    case T::dv: return rows.dv;
    case T::q:
    case T::k:
    case T::v:
    case T::dout:
    case T::o: break;
  }
  return rows.o;
}

}  // namespace

double relative_difference(const std::vector<float>& a, const double* b) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double off = static_cast<double>(a[i]) - b[i];
    difference += off * off;
    norm += b[i] * b[i];
  }
  if (!std::isfinite(difference)) return std::numeric_limits<double>::infinity();
  return std::sqrt(norm > 0 ? difference / norm : difference);
}

AttentionReference::AttentionReference(const AttentionShape& shape, std::int64_t tokens,
                                       const std::vector<Window>& windows,
                                       const std::vector<int>& sequences) {
  for (const int sequence : sequences)
    for (const Window& window : windows) all_.push_back({window, sequence, {}});
  std::vector<std::jthread> threads;
  const std::size_t most = std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t t = 0; t < std::min(most, all_.size()); ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < all_.size(); i += std::min(most, all_.size()))
        all_[i].rows = models::reference_rows(head_of(shape, tokens, all_[i].sequence),
                                              all_[i].window.first, all_[i].window.count);
    });
}

AttentionReference AttentionReference::whole(const AttentionShape& shape, std::int64_t tokens) {
  std::vector<int> sequences(static_cast<std::size_t>(shape.sequences()));
  std::iota(sequences.begin(), sequences.end(), 0);
  return {shape, tokens, {{0, tokens}}, sequences};
}

AttentionReference AttentionReference::edges(const AttentionShape& shape, int sp, int beside,
                                             const std::vector<int>& sequences) {
  const std::int64_t tokens = std::int64_t{sp} * shape.tokens;
  std::vector<Window> windows{{0, beside}};
  for (int rank = 1; rank < sp; ++rank)
    windows.push_back({std::int64_t{rank} * shape.tokens - beside, 2 * beside});
  windows.push_back({tokens - beside, beside});
  return {shape, tokens, windows, sequences};
}

void AttentionReference::compare(const AttentionRanks& ranks, const Rows& rows, bool backward,
                                 AttentionVerdict& verdict) const {
  const int tokens = ranks.shape().tokens;
  const std::int64_t end = rows.window.first + rows.window.count;
  for (std::int64_t rank = rows.window.first / tokens; rank * tokens < end; ++rank) {
    const std::int64_t from = std::max(rows.window.first, rank * tokens);
    const auto count = static_cast<int>(std::min(end, (rank + 1) * tokens) - from);
    const int gpu = ranks.gpu_of(static_cast<int>(rank));
    const int own = static_cast<int>(rank) % ranks.per_gpu();
    for (const T tensor : {T::o, T::dq, T::dk, T::dv}) {
      if (tensor != T::o && !backward) continue;
      const std::vector<float> got =
          ranks.parts(gpu).read(tensor, own * ranks.shape().sequences() + rows.sequence,
                                static_cast<int>(from - rank * tokens), count);
      const double* want =
          &of(rows.rows,
              tensor)[static_cast<std::size_t>((from - rows.window.first) * width_of(tensor))];
      const double error = relative_difference(got, want);
      verdict.worst = std::max(verdict.worst, error);
      if (error <= kAttentionTolerance || !verdict.correct) continue;
      verdict.correct = false;
      verdict.reason = std::string(name_of(tensor)) + " of rank " + std::to_string(rank) +
                       ", sequence " + std::to_string(rows.sequence) + ", token " +
                       std::to_string(from) + ": relative error " + std::to_string(error);
    }
  }
}

AttentionVerdict AttentionReference::compare(const AttentionRanks& ranks, bool backward) const {
  std::vector<std::future<AttentionVerdict>> parts;
  for (const Rows& rows : all_)
    parts.push_back(std::async(std::launch::async, [&] {
      AttentionVerdict verdict;
      compare(ranks, rows, backward, verdict);
      return verdict;
    }));
  AttentionVerdict all;
  for (std::future<AttentionVerdict>& part : parts) {
    const AttentionVerdict verdict = part.get();
    all.worst = std::max(all.worst, verdict.worst);
    if (!verdict.correct && all.correct) all.reason = verdict.reason;
    all.correct = all.correct && verdict.correct;
  }
  return all;
}

}  // namespace twinlink::realgpu
