#include "realgpu/measure/sampling.h"

#include <algorithm>

#include "realgpu/quantile.h"
#include "realgpu/repeated.h"

namespace twinlink::realgpu {
namespace {

constexpr double kLongPiece = 20e-3;
constexpr int kFew = 2;

int times_in(double span, double piece, int least, int most) {
  return std::clamp(static_cast<int>(span / std::max(piece, 1e-7)), least, most);
}

}  // namespace

Sampled sample_pieces(const Stream& origin, bool quick, const std::function<void(int)>& issue) {
  issue(1);  // loads kernels
  origin.synchronize();
  const double once = quantile(replay_seconds(origin, {1, 3}, [&] { issue(1); }), 0.5);
  const int most = quick ? 7 : 20;
  if (once > kLongPiece)
    return {replay_seconds(origin, {0, times_in(0.3, once, 3, most)}, [&] { issue(1); }),
            "one piece between two events"};
  // `once` holds the launch, so that chains of short pieces are shorter than asked for here.
  const int pieces = times_in(quick ? 0.5e-3 : 2e-3, once, 2, 100);
  const int samples = times_in(quick ? 0.02 : 0.1, once * pieces, 5, most);
  return {seconds_per_piece(origin, {kFew, kFew + pieces, true, {2, samples}}, issue),
          "slope between chains of " + std::to_string(kFew) + " and " +
              std::to_string(kFew + pieces) + " pieces in one graph"};
}

}  // namespace twinlink::realgpu
