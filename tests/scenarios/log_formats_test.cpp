// The variants of nccl-tests' logs and of tables that calibrate and validate read; bad ones by
// line.
#include <doctest/doctest.h>

#include <cmath>

#include "scenarios/fitting/observations.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

const std::string kStart =
    "# nThread 1 nGpus 2 minBytes 1048576 maxBytes 1048576 step: 2(factor) warmup iters: 1\n"
    "# Collective test starting: all_reduce_perf\n"
    "#  Rank  0 Group  0 Pid 1 on a device  0 [0000:01:00] H100\n"
    "#  Rank  1 Group  0 Pid 1 on a device  1 [0000:02:00] H100\n";
const std::string kColumns =
    "#   size  count  type  redop  root  time  algbw  busbw #wrong  time  algbw  busbw #wrong\n"
    "#    (B)                           (us) (GB/s) (GB/s)         (us) (GB/s) (GB/s)\n";
const std::string kRow = "1048576 262144 float sum -1 12.5 83.89 83.89 0 12.6 83.2 83.2 0\n";
const std::string kEnd = "# Out of bounds values : 0 OK\n# Avg bus bandwidth    : 83\n";

Observations read(const std::string& text) { return read_observations(text, "log", "hgx-h100"); }

std::string message_of(const std::string& text) {
  try {
    read(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void check_row(const Observations& got) {
  REQUIRE(got.rows.size() == 1);
  CHECK(got.rows[0].row.operation == "all_reduce");
  CHECK(got.rows[0].row.ranks == 2);
  CHECK(got.rows[0].row.bytes == 1048576);
  CHECK(got.rows[0].row.measured_us == 12.5);
}

}  // namespace

TEST_CASE("variants of the table: launcher's prefix, timestamps, more columns, no root") {
  check_row(read(kStart + kColumns + kRow + kEnd));
  check_row(read(kStart + kColumns + "[1,0]<stdout>:" + kRow + kEnd));
  check_row(read(kStart + kColumns + "2026-11-22 10:31:07 " + kRow + kEnd));
  check_row(read(kStart + with(kColumns, "#wrong ", "#wrong i_min i_max i_p99 i_cv% ") +
                 with(kRow, " 0 12.6", " N/A 12.1 13 12.9 0.4 12.6") + kEnd));
  const Observations old = read(kStart + with(with(kColumns, "  root", ""), "#wrong", "error") +
                                with(with(kRow, " -1", ""), " 0 12.6", " 5e-07 12.6") + kEnd);
  check_row(old);
  const Observations half = read(kStart + kColumns + with(kRow, "float", "bfloat16") + kEnd);
  CHECK(half.rows[0].element == models::ElementType::bf16);
  CHECK(read(with(kStart, "all_reduce_perf", "alltoall_perf") + kColumns + kRow + kEnd)
            .rows[0]
            .row.operation == "all_to_all");
}

TEST_CASE("bad tables are refused by line") {
  const std::string head = kStart + kColumns;
  CHECK(message_of(head + kRow) ==
        "log:7: the log ends before its \"# Avg bus bandwidth\": it is cut off");
  CHECK(message_of(head + "1048576 262144 float sum -1 12.5 83.8\n" + kEnd) ==
        "log:7: a row of 7 columns; at least 9 are needed (is the log cut off?)");
  CHECK(
      message_of(kStart + with(kColumns, "(us)", "(ms)") + kRow + kEnd).empty());  // the other one
  CHECK(message_of(kStart + with(with(kColumns, "(us)", "(ms)"), "(us)", "(ms)") + kRow + kEnd)
            .starts_with("log:6: times must be in us"));
  // 1 MiB in 0.0125 us would be 83886 GB/s.
  CHECK(message_of(head + with(kRow, "12.5", "0.0125") + kEnd) ==
        "log:7: algbw 83.89 GB/s does not follow from size and time: are times in us?");
  CHECK(message_of(head + with(kRow, "83.89 83.89 0", "83.89 83.89 3") + kEnd) ==
        "log:7: 3 wrong elements: a wrong result has no time");
  CHECK(message_of(kStart + with(kColumns, "time", "cputime") + kRow + kEnd)
            .starts_with("log:5: cputime is the host's time"));
  CHECK(message_of(kStart + with(kColumns, "  type", "") + kRow + kEnd)
            .starts_with("log:5: the table has no column \"type\""));
  CHECK(message_of(head + "# caf\xe9\n" + kRow + kEnd) ==
        "log:7: a byte that is no UTF-8; which encoding has the file?");
  CHECK(message_of(head + std::string("1\0", 2) + "\n" + kRow + kEnd) ==
        "log:7: a byte that is no text; is the file UTF-16?");
}

TEST_CASE("nccl-tests JSON") {
  const std::string json = R"({"version": 3, "args": ["./build/all_reduce_perf", "-b", "8"],
"env": ["TOKEN=x"], "nccl_version": 22809, "config": {"devices": [{"rank": 0}, {"rank": 1}]},
"results": [{"size": 1048576, "count": 262144, "type": "float", "redop": "sum", "root": "-1",
"out_of_place": {"time": 12.5, "alg_bw": 83.9, "bus_bw": 83.9, "nwrong": "0"},
"in_place": {"time": 12.6}}], "out_of_bounds": {"count": 0, "okay": "true"}})";
  check_row(read(json));
  CHECK(message_of(with(json, "\"time\": 12.5", "\"time\": \"nan\"")) ==
        "log: /results/0/out_of_place/time: time \"nan\" is not a positive number");
  CHECK(message_of(with(json, "\"time\": 12.5", "\"cpu_time\": 12.5"))
            .find("cpu_time is the host's") != std::string::npos);
  CHECK(message_of(with(json, "all_reduce_perf", "hypercube_perf")) ==
        "log: /args/0: \"hypercube_perf\" is no collective that twinlink has");
  CHECK(message_of(with(json, "[{\"rank\": 0}, {\"rank\": 1}]", "[]"))
            .find("/config/devices: no device") != std::string::npos);
  CHECK(message_of(json.substr(0, json.size() / 2)).starts_with("log"));
}

TEST_CASE("a table of all-reduce times as CSV") {
  const std::string csv =
      "hardware,tp,rows,hidden,bytes,algorithm,time_ms\n"
      "H100,2,32,8192,524288,ca_1stage,0.007\n"
      "B200,4,32,8192,524288,pynccl,0.02\n"
      "H100,2,32,8192,524288,somebody_elses,0.014\n";
  const Observations got = read_observations(csv, "t.csv", "");
  REQUIRE(got.rows.size() == 2);
  CHECK(got.unknown == 1);
  CHECK(got.rows[0].row.machine == "hgx-h100");
  CHECK(got.rows[0].row.measured_us == doctest::Approx(7));
  // Half a step of 1 us, uniform: 0.5 / sqrt(3) of 7 us, beside 4 % from run to run.
  CHECK(got.rows[0].sigma == doctest::Approx(std::hypot(0.04, 0.5 / std::sqrt(3.0) / 7)));
  CHECK(got.rows[1].row.machine == "hgx-b200");
  CHECK(got.rows[1].row.algorithm == "nccl");
  CHECK(got.rows[1].row.ranks == 4);
  CHECK(message_of(with(csv, ",algorithm", ",algorithm,time_us")) ==
        "log:1: two columns of time: time_us and time_ms");
  CHECK(message_of(with(csv, "time_ms", "time")) ==
        "log:1: no column of time: time_us, time_ms or time_s");
  CHECK(message_of(with(csv, ",tp", "")) == "log:1: the table has no column \"tp\"");
  CHECK(message_of(with(csv, "0.007", "0")) == "log:2: time_ms \"0\" is not a positive number");
  CHECK(message_of(with(csv, ",0.02", "")) ==
        "log:3: a row of 6 cells under 7 columns (is the file cut off?)");
  CHECK(message_of(with(csv, "B200,4", "B200,four")) ==
        "log:3: tp and bytes must be positive whole numbers");
}
