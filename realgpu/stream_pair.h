#pragma once
// An origin stream on one device and a second stream, on the same or another device, which joins
// in and out of what the origin does.
#include "realgpu/event.h"

namespace twinlink::realgpu {

class StreamPair {
 public:
  StreamPair(int own, int other)
      : origin_(own), side_(other), from_origin_(own), from_side_(other) {}

  [[nodiscard]] const Stream& origin() const { return origin_; }
  [[nodiscard]] const Stream& side() const { return side_; }
  // The side stream waits for the origin's work so far, or the origin for the side's.
  void fork() const {
    from_origin_.record(origin_);
    from_origin_.make_wait(side_);
  }
  void join() const {
    from_side_.record(side_);
    from_side_.make_wait(origin_);
  }

 private:
  Stream origin_, side_;
  Event from_origin_, from_side_;
};

}  // namespace twinlink::realgpu
