#include "topology/units.h"

#include <doctest/doctest.h>

using namespace twinlink;

TEST_CASE("a transfer lasts size / rate, rounded up once") {
  // 1 MiB at 50 GB/s = 1048576 / 50e9 s = 20 971.52 ns exactly.
  CHECK(transfer_time(mib(1), gb_per_s(50)) == Duration{20'971'520});
  // 25 B at 25 GB/s is exactly 1000 ps: no picosecond may be added.
  CHECK(transfer_time(Bytes{25}, gb_per_s(25)) == Duration{1000});
  // 1 B at 900 GB/s = 1.11 ps.
  CHECK(transfer_time(Bytes{1}, gb_per_s(900)) == Duration{2});
}
