// twinlink coll: the table of nccl-tests, sizes, letters.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/scenarios/cli/program.h"

using nlohmann::json;
using twinlink::test::Folder;
using twinlink::test::has;
using twinlink::test::Outcome;

namespace {

Outcome coll(const std::string& arguments) { return twinlink::test::twinlink("coll " + arguments); }
// Rows as a script reads them: lines without '#', split at blanks.
std::vector<std::vector<std::string>> rows_of(const std::string& table) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    rows.emplace_back();
    for (std::string word; words >> word;) rows.back().push_back(word);
  }
  return rows;
}

}  // namespace

TEST_CASE("the table has the columns of nccl-tests") {
  const Outcome outcome =
      coll("all_reduce -b 900 -e 3600000 -f 4000 -g 4 --machine crossbar --alg ring");
  REQUIRE(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(twinlink::test::golden_difference("coll_crossbar.txt", outcome.out) == "");
  const auto rows = rows_of(outcome.out);
  REQUIRE(rows.size() == 2);
  for (const auto& row : rows) REQUIRE(row.size() == 13);
  // size count type redop root time algbw busbw #wrong, twice the last four. The time is that of
  // run_test: 6 (900 kB / 900 GB/s + 2 us) = 18 us; 200 GB/s; times 2 x 3/4.
  const std::vector<std::string> expected{"3600000", "900000", "float",  "sum", "-1",
                                          "18.00",   "200.00", "300.00", "0",   "18.00",
                                          "200.00",  "300.00", "N/A"};
  CHECK(rows[1] == expected);
  CHECK(has(outcome.out, "# Out of bounds values : 0 OK"));
  CHECK(has(outcome.out, "# Avg bus bandwidth    : "));
}

TEST_CASE("sizes go as in nccl-tests: powers of 1024, -f factor, -i step") {
  const auto sizes = [](const std::string& letters) {
    std::vector<std::string> out;
    const Outcome outcome = coll("all_reduce -g 2 --machine crossbar --alg ring " + letters);
    CHECK(outcome.code == 0);
    for (const auto& row : rows_of(outcome.out)) out.push_back(row[0]);
    return out;
  };
  CHECK(sizes("-b 64K -e 256K -f 2") == std::vector<std::string>{"65536", "131072", "262144"});
  CHECK(sizes("-b 1M -e 3M") == std::vector<std::string>{"1048576", "2097152", "3145728"});
  CHECK(sizes("-b 8 -e 24 -i 8") == std::vector<std::string>{"8", "16", "24"});
  CHECK(sizes("-b 8 -e 8G -f 1024").size() == 4);  // 8 B, 8 KiB, 8 MiB, 8 GiB
  CHECK(sizes("-b 2M") == std::vector<std::string>{"2097152"});
}

TEST_CASE("--alg all gives a table per algorithm, --json one object") {
  const Outcome text = coll("all_reduce -b 1M -g 4 --machine crossbar");
  REQUIRE(text.code == 0);
  CHECK(has(text.out, "# algorithm: ring "));
  CHECK(has(text.out, "# algorithm: two_shot "));
  CHECK(rows_of(text.out).size() >= 3);
  const Outcome one = coll("all_reduce -b 1M -g 4 --machine crossbar --alg ring --json");
  CHECK(json::parse(one.out)["bytes"] == 1 << 20);
  CHECK(json::parse(one.out)["scenario"] == "coll");
  const Outcome two = coll("all_reduce -b 1M -g 4 --machine crossbar --alg ring,two_shot --json");
  CHECK(json::parse(two.out)["results"].size() == 2);
}

TEST_CASE("a scan has no bus bandwidth, and a wrong plan says so in its row") {
  const Outcome outcome = coll("exscan -b 1K -g 8 --machine crossbar --alg lasp_pr_tree");
  CHECK(outcome.code == 0);
  const auto rows = rows_of(outcome.out);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0][7] == "N/A");
  CHECK(rows[0][8] == "1");  // one wrong rank of eight
  CHECK(has(outcome.out, "# wrong: "));
  CHECK(has(outcome.out, "# Out of bounds values : 1 FAILED"));
}

TEST_CASE("-c 0 checks nothing and claims nothing") {
  const Outcome outcome = coll("all_reduce -b 1K -g 4 --machine crossbar --alg ring -c 0 --json");
  CHECK(outcome.code == 0);
  CHECK(json::parse(outcome.out)["correct"].is_null());
}

TEST_CASE("counts are those of one call's argument; types by our or nccl-tests' name") {
  // 8 ranks, 16 KiB of halves: 8192 elements, 1024 to each rank.
  const auto row = [](const std::string& rest) {
    return rows_of(coll(rest + " -b 16K -g 8 --machine crossbar").out).at(0);
  };
  CHECK(row("all_to_all -d half --alg direct")[1] == "1024");
  CHECK(row("all_reduce --element bf16 --alg ring")[1] == "8192");
  CHECK(row("all_reduce --element bf16 --alg ring")[2] == "bfloat16");
}

TEST_CASE("published figures stand beside predictions, every one of them") {
  const Outcome outcome =
      coll("all_reduce -b 1M -g 4 --machine hgx-h100 --alg one_shot,ring --element bf16 --json");
  REQUIRE(outcome.code == 0);
  const json rows = json::parse(outcome.out).at("results");
  // H100, 4 ranks, 1 MiB: ca_1stage 15 us, pynccl 22 us.
  CHECK(rows[0]["published"]["time_us"] == 15);
  CHECK(rows[0]["published"]["speedup_vs_nccl"].get<double>() ==
        doctest::Approx(22. / 15).epsilon(1e-4));
  CHECK(rows[0]["published_kind"] == "measured");
  CHECK(rows[0]["unmodelled"] == json::array());
  CHECK(has(rows[0]["published_record"], "nearest"));
  CHECK_FALSE(rows[1].contains("published"));
  CHECK_FALSE(rows[0].contains("speedup_vs_nccl"));  // nobody asked for nccl
}

TEST_CASE("speedups against NCCL are predicted where NCCL is") {
  const Outcome outcome =
      coll("all_reduce -b 1M -g 4 --machine hgx-h100 --alg ca_1stage,nccl --element bf16 --json");
  REQUIRE(outcome.code == 0);
  const json rows = json::parse(outcome.out).at("results");
  const double ratio = rows[1]["time_us"].get<double>() / rows[0]["time_us"].get<double>();
  CHECK(rows[0]["speedup_vs_nccl"].get<double>() == doctest::Approx(ratio).epsilon(1e-9));
  CHECK(rows[1]["speedup_vs_nccl"] == 1);
  CHECK(rows[1]["published"]["time_us"] == 22);
  CHECK(rows[0]["published_error_percent"].contains("speedup_vs_nccl"));
}

TEST_CASE("NCCL can be asked for every operation but scans") {
  for (const char* operation :
       {"all_reduce", "reduce_scatter", "all_gather", "all_to_all", "broadcast", "sendrecv"}) {
    CAPTURE(operation);
    const std::string call = std::string(operation) + " -b 1M -g 8 --alg nccl --json --machine ";
    const Outcome outcome = coll(call + "hgx-h100");
    REQUIRE(outcome.code == 0);
    const json row = json::parse(outcome.out);
    CHECK(row.at("correct") == true);
    CHECK(row.at("time_us").get<double>() > row.at("lower_bound_us").get<double>());
    const json numbers = json::parse(coll(call + "hgx-h100 --executor host").out);
    CHECK(numbers.at("correct") == true);
    const Outcome no_nvlink = coll(call + "rtx5090-pcie16");
    CHECK(no_nvlink.code == 5);
    CHECK(has(no_nvlink.err, "NVLink only"));
  }
  // 262,145 elements among 8: NCCL's reduce-scatter does not do that.
  const Outcome ragged =
      coll("reduce_scatter -b 1048580 -g 8 --alg nccl --json --machine hgx-h100");
  REQUIRE(ragged.code == 0);
  CHECK(json::parse(ragged.out).at("extrapolated") == true);
}

TEST_CASE("rings with channels both ways around are other plans than the plain ring") {
  const auto row = [](const std::string& rest) {
    const Outcome outcome = coll(
        "all_reduce -b 64M -g 8 --machine hgx-h100 --alg ring --json --set /params/ctas=2 " + rest);
    CHECK(outcome.code == 0);
    const json object = json::parse(outcome.out);
    CHECK(object.at("correct") == true);
    return object;
  };
  const json plain = row(""), both = row("--channels 2 --bidirectional");
  // Four lanes of one CTA where the plain ring has one of two.
  CHECK(both.at("time_us") < plain.at("time_us"));
  const json same = row("--set /params/channels=2 --set /params/bidirectional=true");
  CHECK(same.at("scenario_hash") == both.at("scenario_hash"));
  CHECK(same.at("time_us") == both.at("time_us"));
  CHECK(row("--slices 4").at("time_us") != plain.at("time_us"));
}

TEST_CASE("an all-to-all with counts: times, numbers, and no bus bandwidth") {
  const std::string call = "all_to_all -b 1M -g 4 --machine hgx-h100 --alg all --json";
  const std::string counts = " --set '/params/counts=[[1,0,0,3],[0,0,0,4],[0,1,1,2],[0,0,0,0]]'";
  const Outcome sim = coll(call + counts);
  REQUIRE(sim.code == 0);
  CHECK(has(sim.err, "skipped: nccl"));
  const json rows = json::parse(sim.out).at("results");
  REQUIRE(rows.size() == 2);
  const json equal = json::parse(coll(call).out).at("results");
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(rows[i].at("correct") == true);
    CHECK(rows[i].at("busbw_GBps").is_null());
    // Rank 3 receives 3 + 4 + 2 of 4 MiB parts: three times the 3/4 of equal blocks.
    CHECK(rows[i].at("time_us").get<double>() > 1.2 * equal[i].at("time_us").get<double>());
  }
  const Outcome host = coll(call + counts + " --executor host");
  CHECK(host.code == 0);
  const json numbers = json::parse(host.out).at("results");
  for (const json& row : numbers) CHECK(row.at("correct") == true);
}

TEST_CASE("vLLM's dispatch by size: what it calls, and what that loses against the best") {
  const std::string call = "all_reduce --element bf16 --machine hgx-h100 --json -g ";
  const Outcome outcome = coll(
      call + "4 -b 256K -e 64M -f 4 --alg ca_1stage,ca_2stage,symm_mem_multimem,vllm_dispatch");
  REQUIRE(outcome.code == 0);
  const json object = json::parse(outcome.out);
  const json& rows = object.at("results");
  REQUIRE(rows.size() == 20);
  // Below 512 KiB one stage, to 32 MiB two, above (64 MiB) NCCL, which nobody else ran here.
  const std::vector<std::string> chosen{"ca_1stage", "ca_2stage", "ca_2stage", "ca_2stage", "nccl"};
  for (std::size_t i = 0; i < 5; ++i) {
    const json& row = rows[15 + i];
    CAPTURE(row.dump());
    CHECK(row.at("algorithm") == "vllm_dispatch");
    CHECK(row.at("chosen") == chosen[i]);
    CHECK(row.at("correct") == true);
    CHECK_FALSE(rows[i].contains("chosen"));
    double best = row.at("time_us").get<double>();
    for (std::size_t other = i; other < 15; other += 5)
      best = std::min(best, rows[other].at("time_us").get<double>());
    CHECK(row.at("regret").get<double>() ==
          doctest::Approx(row.at("time_us").get<double>() / best).epsilon(1e-12));
  }
  CHECK(rows[15].at("time_us") == rows[0].at("time_us"));  // the same plan
  for (const json& winner : object.at("winners")) CHECK(winner.at("winner") != "vllm_dispatch");

  const Outcome alone = coll(call + "2 -b 1M --alg vllm_dispatch");
  CHECK(json::parse(alone.out).at("chosen") == "ca_1stage");
  CHECK_FALSE(json::parse(alone.out).contains("regret"));
  const Outcome unknown = coll(call + "8 -b 1M --alg vllm_dispatch");
  CHECK(unknown.code == 5);
  CHECK(has(unknown.err, "is known for 2 and 4 ranks on Hopper and Blackwell, not for 8 ranks"));
  const Outcome skipped = coll(call + "8 -b 1M --alg all,vllm_dispatch");
  CHECK(skipped.code == 0);
  CHECK(has(skipped.err, "skipped: vllm_dispatch on 8 ranks"));
  const Outcome text = coll("all_reduce -g 4 -b 1M --machine hgx-h100 --alg all,vllm_dispatch");
  CHECK(has(text.out, "# Policies on hgx-h100"));
}

TEST_CASE("a policy is not the name of a plan") {
  const Outcome outcome = twinlink::test::twinlink("plan all_reduce --alg vllm_dispatch -g 4");
  CHECK(outcome.code == 2);
  CHECK(has(outcome.err, "no algorithm \"vllm_dispatch\""));
}

TEST_CASE("coll is on one machine") {
  const Outcome outcome =
      coll("all_reduce -b 1M -g 4 --alg ring --set '/machine=[\"crossbar\", \"hgx-h100\"]'");
  CHECK(outcome.code == 2);
  CHECK(has(outcome.err, "coll compares on one machine"));
}

TEST_CASE("several algorithms: who wins, by how much, and where that changes") {
  // On 4 ranks of the crossbar one_shot and ring meet at 6 MB (contest_test.cpp).
  const std::string sizes =
      "all_reduce -b 1M -e 64M -f 64 -g 4 --machine crossbar --alg ring,one_shot";
  const Outcome text = coll(sizes);
  REQUIRE(text.code == 0);
  CHECK(has(text.out, "# Winners on crossbar"));
  CHECK(has(text.out, "bytes: one_shot, then ring"));
  CHECK(rows_of(text.out).size() == 4);  // comments are no rows
  const json object = json::parse(coll(sizes + " --json").out);
  REQUIRE(object.at("winners").size() == 2);
  const json& small = object.at("winners")[0];
  CHECK(small.at("winner") == "one_shot");
  CHECK(small.at("second") == "ring");
  CHECK(small.at("bytes") == 1 << 20);
  // 12 us + 1.5 MiB / 900 GB/s over 2 us + 3 MiB / 900 GB/s
  const double ratio = (12 + 1.5 * 1048576 / 900e3) / (2 + 3 * 1048576 / 900e3);
  CHECK(small.at("margin").get<double>() == doctest::Approx(ratio).epsilon(1e-4));
  REQUIRE(object.at("crossovers").size() == 1);
  CHECK(object.at("crossovers")[0].at("from") == "one_shot");
  CHECK(object.at("crossovers")[0].at("bytes_low").get<int>() <= 6'000'000);
  CHECK(object.at("crossovers")[0].at("bytes_high").get<int>() >= 6'000'000);
}

TEST_CASE("one algorithm is no contest") {
  const Outcome outcome =
      coll("all_reduce -b 1M -e 2M -f 2 -g 4 --machine crossbar --alg ring --json");
  CHECK_FALSE(json::parse(outcome.out).contains("winners"));
}

TEST_CASE("racks and nodes: ranks fill GPUs in order, and a wrong number is said") {
  const Outcome outcome =
      coll("all_to_all -b 64K -g 16 --machine hgx-h100-node-2 --alg direct --json");
  REQUIRE(outcome.code == 0);
  const json row = json::parse(outcome.out);
  CHECK(row.at("correct") == true);
  CHECK(row.at("time_us").get<double>() > 6);  // nic_issue
  CHECK(row.at("provenance") == "assumed");
  const Outcome wrong = coll("all_to_all -b 64K --machine hgx-h100-node-1");
  CHECK(wrong.code == 4);
  CHECK(has(wrong.err, "2 to 512"));
}
