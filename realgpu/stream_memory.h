#pragma once
// Stream memory operations: waits for and writes of 64-bit words in device memory, own or a peer's,
// by the front end of a stream, without a kernel. They may be captured, with the same constants in
// each replay.
//
// A write comes after all earlier work of its stream and a fence at system scope; a wait ends when
// the word is at least the value, and later work of the stream sees what was written before it.
// Errors: GpuError; UnsupportedError where the driver has none of them.
#include <cuda.h>

#include <vector>

#include "realgpu/stream.h"

namespace twinlink::realgpu {

class StreamMemory {
 public:
  void wait(const unsigned long long* word, unsigned long long value);
  void write(unsigned long long* word, unsigned long long value);
  [[nodiscard]] bool writes() const { return writes_; }
  // In the order in which they were added.
  void issue(const Stream& stream) const;
  void clear();

 private:
  std::vector<CUstreamBatchMemOpParams> operations_;
  bool writes_ = false;
};

}  // namespace twinlink::realgpu
