// The kernels of linear attention one by one on one GPU: how far each output is from float64, and
// what each part takes beside the time of the bytes that it moves.
//
//   attention_parts [--numbers]
//
// Lines on stdout: relative L2 errors by tensor for a few shapes; then, without --numbers, us per
// part and GB/s of moved bytes. Exit 0; 3: a number is wrong; 5: no device.
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <iostream>
#include <vector>

#include "models/workloads/linear_attention.h"
#include "models/workloads/linear_attention_reference.h"
#include "realgpu/devices.h"
#include "realgpu/linear_attention_check.h"
#include "realgpu/linear_attention_values.h"
#include "realgpu/measure/sampling.h"
#include "realgpu/quantile.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::realgpu;
using T = AttentionTensor;

namespace {

models::ReferenceRows reference_of(const AttentionShape& shape, int sequence) {
  models::ReferenceHead head;
  head.d = kKeyWidth;
  head.e = kValueWidth;
  head.slope = shape.slopes[static_cast<std::size_t>(sequence % shape.heads)];
  head.tokens = shape.tokens;
  head.row = [&shape, sequence](int tensor, std::int64_t token, double* to) {
    const int width = tensor < 2 ? kKeyWidth : kValueWidth;
    const std::int64_t begin = (std::int64_t{sequence} * shape.tokens + token) * width;
    for (int i = 0; i < width; ++i) to[i] = static_cast<double>(attention_value(tensor, begin + i));
  };
  return models::reference_rows(head, 0, shape.tokens);
}

// One rank: its outer states are 0, so that local state, outputs and inter are the whole step.
bool check(int tokens, double slope, bool inter) {
  const AttentionShape shape{1, 1, tokens, {slope}};
  const AttentionRanks ranks(shape, 1, 1);
  const AttentionRing forward(ranks, false), back(ranks, true);
  forward.bind();
  back.bind();
  const AttentionParts& parts = ranks.parts(0);
  parts.poison();
  const Stream stream(0);
  for (const bool backward : {false, true}) {
    parts.local_state(backward, parts.all(), stream);
    parts.outputs(backward, !inter, parts.all(), stream);
    if (inter) parts.inter(backward, parts.all(), stream);
  }
  stream.synchronize();
  const models::ReferenceRows want = reference_of(shape, 0);
  const double* rows[] = {want.o.data(), want.dq.data(), want.dk.data(), want.dv.data()};
  bool right = true;
  std::printf("%6d tokens, slope %-10g%s", tokens, slope, inter ? " inter " : "       ");
  for (int i = 0; i < 4; ++i) {
    const std::vector<float> got = parts.read(static_cast<T>(4 + i), 0, 0, tokens);
    const double error = relative_difference(got, rows[i]);
    right = right && error <= kAttentionTolerance;
    std::printf("  %.2e", error);
  }
  std::printf("%s\n", right ? "" : "  WRONG");
  return right;
}

void time(const char* name, double bytes, const std::function<void(const Stream&)>& issue) {
  const Stream stream(0);
  const Sampled sampled = sample_pieces(stream, true, [&](int n) {
    for (int i = 0; i < n; ++i) issue(stream);
  });
  const double median = quantile(sampled.seconds, 0.5);
  std::printf("  %-12s %9.2f us %6.0f GB/s\n", name, median * 1e6, bytes / median * 1e-9);
}

void time_parts(int sp, int tokens, int batch) {
  const AttentionShape shape{batch, 12, tokens, models::alibi_slopes(12)};
  const AttentionRanks ranks(shape, sp, 1);
  const AttentionRing forward(ranks, false), back(ranks, true);
  forward.bind();
  back.bind();
  const AttentionParts& parts = ranks.parts(0);
  const double rows = 12.0 * batch * sp * tokens;
  std::printf("%d ranks of %d tokens, batch %d\n", sp, tokens, batch);
  for (const bool backward : {false, true}) {
    time(backward ? "query" : "state", rows * (backward ? 1024 : 384),
         [&](const Stream& s) { parts.local_state(backward, parts.all(), s); });
    time(backward ? "key_value" : "output", rows * (backward ? 1152 : 768),
         [&](const Stream& s) { parts.outputs(backward, true, parts.all(), s); });
    time("inter", rows * (backward ? 1152 : 512),
         [&](const Stream& s) { parts.inter(backward, parts.all(), s); });
  }
}

int run(bool numbers) {
  if (device_count() == 0) return 5;
  bool right = true;
  std::printf("relative error of            o  dq  dk  dv\n");
  for (const int tokens : {64, 128, 64 * 83})
    for (const double slope : {0.0, 0x1p-7, 0.5, 20.0})
      for (const bool inter : {false, true}) right = check(tokens, slope, inter) && right;
  if (!numbers) {
    time_parts(1, 65536, 1);
    time_parts(4, 65536, 1);
    time_parts(4, 256, 16);
  }
  return right ? 0 : 3;
}

}  // namespace

int main(int argc, char** argv) try {
  return run(argc > 1 && std::strcmp(argv[1], "--numbers") == 0);
} catch (const std::exception& error) {
  std::cerr << "attention_parts: " << error.what() << '\n';
  return 1;
}
