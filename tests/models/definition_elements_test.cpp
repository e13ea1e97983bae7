#include "models/definition_elements.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace twinlink::models;

TEST_CASE("bf16 rounds to nearest, ties to even") {
  // bf16 has 8 significant bits: the neighbours of 1 are 1 + 2^-7. 1 + 2^-8 is halfway: even is 1.
  CHECK(to_bf16(1.0F) == 0x3F80);
  CHECK(to_bf16(1.0F + 0x1p-8F) == 0x3F80);
  CHECK(to_bf16(1.0F + 0x1.8p-8F) == 0x3F81);   // above halfway: up
  CHECK(to_bf16(1.0F + 0x3p-8F) == 0x3F82);     // halfway between 1+2^-7 and 1+2^-6: even is up
  CHECK(from_bf16(to_bf16(256.0F)) == 256.0F);  // the largest sum of all_reduce inputs
  CHECK(from_bf16(to_bf16(257.0F)) == 256.0F);  // one more needs a ninth bit
  CHECK(to_bf16(std::numeric_limits<float>::max()) == 0x7F80);  // rounds up to infinity
  CHECK(std::isnan(from_bf16(to_bf16(std::numeric_limits<float>::quiet_NaN()))));
}

TEST_CASE("fp16 rounds to nearest, ties to even, with subnormals and infinity") {
  CHECK(to_fp16(1.0F) == 0x3C00);
  CHECK(to_fp16(1.0F + 0x1p-11F) == 0x3C00);  // halfway to 1 + 2^-10: even is 1
  CHECK(to_fp16(1.0F + 0x3p-11F) == 0x3C02);  // halfway between 1+2^-10 and 1+2^-9: even is up
  CHECK(to_fp16(-2.0F) == 0xC000);
  CHECK(to_fp16(65504.0F) == 0x7BFF);  // the largest finite
  CHECK(to_fp16(65519.0F) == 0x7BFF);
  CHECK(to_fp16(65520.0F) == 0x7C00);            // halfway to 2^16: infinite
  CHECK(to_fp16(0x1p-24F) == 0x0001);            // the smallest subnormal
  CHECK(to_fp16(0x1p-25F) == 0x0000);            // half of it: even is 0
  CHECK(to_fp16(0x1.8p-24F) == 0x0002);          // 1.5 of it: even is 2
  CHECK(to_fp16(1023.0F * 0x1p-24F) == 0x03FF);  // the largest subnormal: 1023 x 2^-24
  CHECK(to_fp16(1023.5F * 0x1p-24F) == 0x0400);  // 1023.5 x 2^-24: even is the smallest normal
  CHECK(std::isnan(from_fp16(to_fp16(std::numeric_limits<float>::quiet_NaN()))));
}

TEST_CASE("every fp16 and bf16 number survives a load and a store") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto b = static_cast<std::uint16_t>(bits);
    if (!std::isnan(from_fp16(b)) && to_fp16(from_fp16(b)) != b) FAIL("fp16 bits ", bits);
    if (!std::isnan(from_bf16(b)) && to_bf16(from_bf16(b)) != b) FAIL("bf16 bits ", bits);
  }
}

TEST_CASE("poison is a NaN of every floating type and 0xDEADBEEF for integers") {
  std::byte bytes[8];
  for (const ElementType type :
       {ElementType::fp32, ElementType::fp64, ElementType::bf16, ElementType::fp16}) {
    poison(type, std::span(bytes).first(static_cast<std::size_t>(size_of(type))));
    CHECK(std::isnan(load(type, bytes)));
  }
  poison(ElementType::u32, std::span(bytes).first(4));
  CHECK(load(ElementType::u32, bytes) == static_cast<std::int32_t>(0xDEADBEEF));
}
