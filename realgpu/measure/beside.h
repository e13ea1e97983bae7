#pragma once
// Two consumers of one GPU's resources, each alone and beside the other, without the edges of their
// overlap: the timed one is shorter than the other, which runs before it begins and after it ends.
//
// Each consumer is a graph of n equal pieces on a stream of its own. Beside the other, its n pieces
// (about 2 ms, alone) stand between two events on its stream and begin when the other has done one
// piece; the other has enough pieces for six times as long. A sample in which the other had ended
// first counts for nothing and is left out.
#include <functional>
#include <string>

#include "realgpu/measure/recorder.h"
#include "realgpu/stream.h"

namespace twinlink::realgpu {

struct Consumer {
  std::string name;                          // "gemm", "sm_pull 8x512x4", ...
  Work work;                                 // of one piece
  std::function<void(const Stream&)> issue;  // one piece; must not allocate
};

class Pairing {
 public:
  Pairing(Recorder& recorder, int device) : recorder_(recorder), device_(device) {}

  // The set {"measure": measure, "consumer": name, "beside": "nothing"}.
  void alone(const std::string& measure, const Consumer& consumer) const;
  // The same, in pieces of the same span as beside another: products that run for longer lower the
  // clock, so their times alone in long chains are not those of a short stretch.
  void briefly(const std::string& measure, const Consumer& consumer) const;
  // Two sets: `first` beside `second`, and `second` beside `first`.
  void together(const std::string& measure, const Consumer& first, const Consumer& second) const;

 private:
  void one_beside(const std::string& measure, const Consumer& timed, const Consumer& other) const;
  Recorder& recorder_;
  int device_;
};

}  // namespace twinlink::realgpu
