// Grouped and batched products with one pointer per matrix, against sums in fp64.
#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <random>

#include "realgpu/cublas_lt.h"
#include "realgpu/exact_pattern.h"
#include "tests/realgpu/gpu_support.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::realgpu;

namespace {

// Small whole numbers: every product and sum below 256 is exact in bf16.
std::uint16_t to_bf16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint16_t>(bits >> 16);
}
float from_bf16(std::uint16_t value) {
  const std::uint32_t bits = static_cast<std::uint32_t>(value) << 16;
  float result = 0;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

std::int64_t bytes_of(int rows, int columns) { return std::int64_t{2} * rows * columns; }

// One product, its matrices in buffers of their own.
struct Product {
  Product(int rows, int columns, int inner, std::mt19937& random)
      : m(rows),
        n(columns),
        k(inner),
        a(0, bytes_of(m, k)),
        b(0, bytes_of(k, n)),
        c(0, bytes_of(m, n)),
        host_a(fill(a, random)),
        host_b(fill(b, random)) {
    c.fill(0xFF);
  }
  static std::vector<std::uint16_t> fill(const DeviceBuffer& to, std::mt19937& random) {
    std::vector<std::uint16_t> elements(static_cast<std::size_t>(to.bytes() / 2));
    for (std::uint16_t& e : elements) e = to_bf16(static_cast<float>(random() % 3) - 1);
    to.upload(elements.data(), to.bytes());
    return elements;
  }
  // Elements that differ from the sum over the inner index, column-major.
  [[nodiscard]] int wrong() const {
    std::vector<std::uint16_t> host_c(static_cast<std::size_t>(m) * static_cast<std::size_t>(n));
    c.download(host_c.data(), c.bytes());
    int count = 0;
    for (int column = 0; column < n; ++column)
      for (int row = 0; row < m; ++row) {
        double sum = 0;
        for (int i = 0; i < k; ++i)
          sum += static_cast<double>(from_bf16(host_a[static_cast<std::size_t>(row + i * m)])) *
                 static_cast<double>(from_bf16(host_b[static_cast<std::size_t>(i + column * k)]));
        const float got = from_bf16(host_c[static_cast<std::size_t>(row + column * m)]);
        if (static_cast<double>(got) != sum) ++count;
      }
    return count;
  }
  int m, n, k;
  DeviceBuffer a, b, c;
  std::vector<std::uint16_t> host_a, host_b;
};

DeviceBuffer pointers_of(const std::vector<std::unique_ptr<Product>>& products) {
  std::vector<std::byte*> all;
  for (const auto& p : products) all.push_back(p->a.data());
  for (const auto& p : products) all.push_back(p->b.data());
  for (const auto& p : products) all.push_back(p->c.data());
  const auto bytes = static_cast<std::int64_t>(all.size() * sizeof(std::byte*));
  DeviceBuffer buffer(0, bytes);
  buffer.upload(all.data(), bytes);
  return buffer;
}

GemmPointers in(const DeviceBuffer& buffer, std::size_t count) {
  auto** first = reinterpret_cast<void**>(buffer.data());
  return {first, first + count, first + 2 * count};
}

// Null, with the reason printed, without a device or the library.
std::unique_ptr<Cublas> cublas_or_reason() {
  if (twinlink::testing::no_device()) return nullptr;
  try {
    return std::make_unique<Cublas>(0);
  } catch (const UnsupportedError& error) {
    MESSAGE("skipped: " << error.what());
    return nullptr;
  }
}

}  // namespace

TEST_CASE("batched: matrices of one shape, each where it lies") {
  const std::unique_ptr<Cublas> cublas = cublas_or_reason();
  if (!cublas) return;
  std::mt19937 random(1);
  std::vector<std::unique_ptr<Product>> products;
  for (int i = 0; i < 3; ++i) products.push_back(std::make_unique<Product>(64, 32, 128, random));
  const DeviceBuffer pointers = pointers_of(products);
  const Stream stream(0);
  cublas->gemm({64, 32, 128, 3}, in(pointers, 3), stream);
  stream.synchronize();
  for (const auto& product : products) CHECK(product->wrong() == 0);
}

TEST_CASE("grouped: a shape per group of matrices; dense: one product") {
  const std::unique_ptr<Cublas> cublas = cublas_or_reason();
  if (!cublas) return;
  std::mt19937 random(2);
  std::vector<std::unique_ptr<Product>> products;
  for (const int m : {64, 64, 128})
    products.push_back(std::make_unique<Product>(m, 32, 96, random));
  const DeviceBuffer pointers = pointers_of(products);
  const Stream stream(0);
  cublas->grouped({{64, 32, 96, 2}, {128, 32, 96, 1}}, in(pointers, 3), stream);
  stream.synchronize();
  for (const auto& product : products) CHECK(product->wrong() == 0);
  const Product one(48, 24, 64, random);
  cublas->dense({48, 24, 64, 1}, {one.a.data(), one.b.data(), one.c.data()}, stream);
  stream.synchronize();
  CHECK(one.wrong() == 0);
}

TEST_CASE("fp8: whole numbers of few bits multiply exactly") {
  CHECK(e4m3_bits(1) == 0x38);   // exponent 7, the bias
  CHECK(e4m3_bits(-3) == 0xC4);  // 1.5 x 2
  CHECK(e4m3_bits(15) == 0x57);  // 1.875 x 8
  if (twinlink::testing::no_device()) return;
  std::unique_ptr<CublasLt> cublas;
  try {
    cublas = std::make_unique<CublasLt>(0);
  } catch (const UnsupportedError& error) {
    MESSAGE("skipped: " << error.what());
    return;
  }
  constexpr int m = 64, n = 32, k = 128;  // sums of at most 128 x 9, rounded to bf16
  std::mt19937 random(3);
  const auto draw = [&](std::size_t count) {
    std::vector<int> values(count);
    for (int& v : values) v = static_cast<int>(random() % 7) - 3;
    return values;
  };
  const std::vector<int> a = draw(m * k), b = draw(n * k);
  const auto upload = [](const std::vector<int>& values) {
    std::vector<std::uint8_t> bits;
    for (const int v : values) bits.push_back(e4m3_bits(v));
    DeviceBuffer buffer(0, static_cast<std::int64_t>(bits.size()));
    buffer.upload(bits.data(), buffer.bytes());
    return buffer;
  };
  const DeviceBuffer device_a = upload(a), device_b = upload(b), device_c(0, bytes_of(m, n));
  const Stream stream(0);
  cublas->fp8({m, n, k, 1}, {device_a.data(), device_b.data(), device_c.data()}, stream);
  stream.synchronize();
  std::vector<std::uint16_t> c(m * n);
  device_c.download(c.data(), device_c.bytes());
  int wrong = 0;
  for (int column = 0; column < n; ++column)
    for (int row = 0; row < m; ++row) {
      int sum = 0;
      for (int i = 0; i < k; ++i)
        sum +=
            a[static_cast<std::size_t>(row * k + i)] * b[static_cast<std::size_t>(column * k + i)];
      if (c[static_cast<std::size_t>(column * m + row)] != bf16_bits(sum)) ++wrong;
    }
  CHECK(wrong == 0);
}
