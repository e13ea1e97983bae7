#pragma once
// What an executor needs to run a plan on numbers: the bytes each buffer starts with, and the
// verdict on the bytes it ends with. Host and GPU share both, so they cannot drift apart.
//
// Element arithmetic: the bytes of the plan. Exact arithmetic: a buffer of e elements is e u32,
// whatever its element type; the offsets and sizes of slices scale by 4 / size_of(element).
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "models/definition.h"

namespace twinlink::models {

// How elements of this buffer are stored in a run with this arithmetic.
inline ElementType storage_type(const Buffer& buffer, Arithmetic arithmetic) {
  return arithmetic == Arithmetic::exact ? ElementType::u32 : buffer.element;
}
Bytes storage_bytes(const Buffer& buffer, Arithmetic arithmetic);

// Gives every buffer its first bytes: inputs of claims their values, all others poison.
// The constructor throws InputError when the claims cannot be fed: a scan of u32 in element
// arithmetic, a missing or bad decay, one buffer fed by two claims with different inputs.
class FirstBytes {
 public:
  FirstBytes(const Plan& plan, const Inputs& inputs);
  // bytes.size() == storage_bytes(buffer).
  void fill(BufferId buffer, std::span<std::byte> bytes) const;

 private:
  const Plan& plan_;
  const Inputs& inputs_;
  std::vector<const Claim*> fed_by_;  // per buffer; null: poison
};

// All claims compared with their definition, one claim's arrays at a time. memory(b) gives the last
// bytes of buffer b, storage_bytes(b) of them, valid until the next call.
using ReadableBytes = std::function<std::span<const std::byte>(BufferId)>;
Numbers verify(const Plan& plan, const Inputs& inputs, const ReadableBytes& memory);

// Host bytes that verify needs beside the buffers.
Bytes verify_bytes(const Plan& plan, const Inputs& inputs);

}  // namespace twinlink::models
