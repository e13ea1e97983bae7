#include "realgpu/linear_attention_segments.h"

#include <doctest/doctest.h>

#include <initializer_list>

using twinlink::realgpu::cut_sequence;
using twinlink::realgpu::Segments;

TEST_CASE("segments of sequences fill whole waves of thread blocks") {
  // 12 sequences of 1024 blocks on 264 slots. Whole waves: 1 wave of 47 blocks (22 x 12 = 264
  // thread blocks) lasts 48.3; 2 waves of 24 (43 x 12 = 516) last 50.6: one wave is chosen.
  const Segments cut = cut_sequence(1024, 12, 264);
  CHECK(cut.blocks == 47);
  CHECK(cut.count == 22);
  // More sequences than slots: no cut can be better than none, if all fit one wave each.
  CHECK(cut_sequence(8, 264, 264).count == 1);
  // Fewer blocks than slots: one block each.
  CHECK(cut_sequence(4, 12, 264).count == 4);
}

TEST_CASE("segments cover a sequence, none of them empty") {
  for (int blocks = 1; blocks <= 200; ++blocks)
    for (const int sequences : {1, 12, 96, 1000}) {
      const Segments cut = cut_sequence(blocks, sequences, 264);
      CHECK(cut.blocks * cut.count >= blocks);
      CHECK(cut.blocks * (cut.count - 1) < blocks);
    }
}
