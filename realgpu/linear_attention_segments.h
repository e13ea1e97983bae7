#pragma once
// How the sequences of one launch are cut into segments, one per thread block.
//
// Thread blocks run in waves of `slots`; a wave lasts as long as its longest segment, and each
// segment writes and reads a state, which costs as much as kStateBlocks blocks of tokens. Chosen:
// the number of blocks a segment has that needs the least time by that count.
namespace twinlink::realgpu {

inline constexpr double kStateBlocks = 1.3;  // 9 x 32 KiB against 64 tokens x 3456 bytes

struct Segments {
  int blocks = 1;  // of 64 tokens, of a segment; the last may have fewer
  int count = 1;   // of a sequence
};

// blocks: of a sequence.
Segments cut_sequence(int blocks, int sequences, int slots);

}  // namespace twinlink::realgpu
