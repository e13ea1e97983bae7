#include "scenarios/units_text.h"

#include <doctest/doctest.h>

#include "scenarios/scenario.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

template <class Parse>
std::string error_of(Parse parse, const std::string& text) {
  try {
    parse(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("sizes are exact: GB = 1e9, GiB = 2^30") {
  CHECK(parse_bytes("0 B") == Bytes{0});
  CHECK(parse_bytes("64KiB") == Bytes{64 * 1024});
  CHECK(parse_bytes("1.5 KiB") == Bytes{1536});
  CHECK(parse_bytes("2 GB") == Bytes{2'000'000'000});
  CHECK(parse_bytes("0.000000001 GB") == Bytes{1});
  CHECK(parse_bytes("8 TiB") == Bytes{std::int64_t{8} << 40});
}

TEST_CASE("rates and durations round to the nearest byte/s and picosecond") {
  CHECK(parse_bandwidth("450 GB/s") == gb_per_s(450));
  CHECK(parse_bandwidth("1 GiB/s") == Bandwidth{1 << 30});
  CHECK(parse_duration("0.65 us") == Duration{650'000});
  CHECK(parse_duration("2 s") == Duration{2 * kPicosecondsPerSecond});
  CHECK(parse_duration("1.4 ps") == Duration{1});
  CHECK(parse_duration("1.5 ps") == Duration{2});
}

TEST_CASE("text of a quantity reads back as the same quantity") {
  for (const std::int64_t count : {0LL, 1LL, 1023LL, 1024LL, 1536LL, 1LL << 30, (1LL << 40) + 1})
    CHECK(parse_bytes(to_text(Bytes{count})) == Bytes{count});
  for (const std::int64_t rate : {1LL, 999'999'999LL, 50'000'000'000LL, 900'000'000'001LL})
    CHECK(parse_bandwidth(to_text(Bandwidth{rate})) == Bandwidth{rate});
  for (const std::int64_t ps : {0LL, 1LL, 650'000LL, 1'000'000'000'001LL})
    CHECK(parse_duration(to_text(Duration{ps})) == Duration{ps});
  CHECK(to_text(mib(64)) == "64 MiB");
  CHECK(to_text(Bandwidth{12'500'000'000}) == "12.5 GB/s");
  CHECK(to_text(ns(650)) == "0.65 us");
}

TEST_CASE("a wrong quantity is refused with what is allowed") {
  CHECK(error_of(parse_bandwidth, "450GBs") ==
        "\"450GBs\" is not a bandwidth: the unit must be one of B/s, kB/s, MB/s, GB/s, TB/s, "
        "KiB/s, MiB/s, GiB/s, TiB/s. Did you mean \"450 GB/s\"?");
  CHECK(error_of(parse_bandwidth, "450 Gb/s") ==
        "\"450 Gb/s\" is not a bandwidth: rates are in bytes, not bits (1 GB/s = 8 Gb/s)");
  CHECK(error_of(parse_bytes, "64") ==
        "\"64\" is not a size: the unit is missing (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB), as in "
        "\"64 MiB\"");
  CHECK(error_of(parse_bytes, "64 mib") ==
        "\"64 mib\" is not a size: the unit must be one of B, kB, MB, GB, TB, KiB, MiB, GiB, TiB. "
        "Did you mean \"64 MiB\"?");
  CHECK(error_of(parse_bytes, "0.5 B") ==
        "\"0.5 B\" is not a size: it is not a whole number of bytes");
  CHECK(error_of(parse_bytes, "-1 B") == "\"-1 B\" is not a size: it must not be negative");
  CHECK(error_of(parse_bytes, "9999999999 TiB") ==
        "\"9999999999 TiB\" is not a size: it is too large");
  CHECK(error_of(parse_duration, "nan us") ==
        "\"nan us\" is not a duration: expected a number and a unit, as in \"0.65 us\"");
  CHECK(error_of(parse_duration, "1234567890123456789 ps") ==
        "\"1234567890123456789 ps\" is not a duration: it has more than 18 figures");
  CHECK(error_of(parse_duration, "1.2.3 us") ==
        "\"1.2.3 us\" is not a duration: expected digits and a unit, as in \"0.65 us\"");
}

TEST_CASE("sizes in nccl-tests letters are powers of 1024") {
  CHECK(parse_nccl_size("8") == Bytes{8});
  CHECK(parse_nccl_size("64K") == kib(64));
  CHECK(parse_nccl_size("1m") == mib(1));
  CHECK(parse_nccl_size("2G") == gib(2));
  CHECK(parse_nccl_size("64 KiB") == kib(64));
  CHECK(error_of(parse_nccl_size, "") != "accepted");
  CHECK(error_of(parse_nccl_size, "K") != "accepted");
  CHECK(error_of(parse_nccl_size, "8X") != "accepted");
}

TEST_CASE("a constant is read in its own unit") {
  CHECK(parse_quantity("520 ns", "us") == 0.52);
  CHECK(parse_quantity("1 ms", "us") == 1000);
  CHECK(parse_quantity("3.35 TB/s", "GB/s") == 3350);
  CHECK(parse_quantity("989 TFLOP/s", "TFLOP/s") == 989);
  CHECK(parse_quantity("1.2 kW", "W") == 1200);
  CHECK(parse_quantity("80 GiB", "GiB") == 80);
  CHECK(parse_quantity("512 MiB", "GiB") == 0.5);
}
