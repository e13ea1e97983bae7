#pragma once
// A Markdown report of result files, and its pictures.
//
// Sections: origin (question, command that makes the results again, hash, seed, version, machine,
// profile), errors (n, median, p90, max, bias per scenario, machine and figure), tables (predicted,
// published beside it, error), pictures, threats. A question and a command are stated only where a
// study of the library has the results' hash, with the executor they name; else the report says
// that it does not know them. References are published figures, and times of `realgpu` rows beside
// those of `sim` rows with the same key. Every threat comes from a field of the rows or of their
// profile.
#include <string>
#include <vector>

#include "scenarios/report/stored_results.h"

namespace twinlink::scenarios {

struct Picture {
  std::string file;  // name beside the report
  std::string title, svg;
};

// A predicted figure beside what it should be.
struct Pair {
  const Result* row = nullptr;
  std::string figure;
  double predicted = 0, reference = 0;
  double error = 0;  // per cent
};

// `rows` outlive the pairs.
std::vector<Pair> reference_pairs(const std::vector<Result>& rows);
// `stem`: begin of the pictures' file names.
std::vector<Picture> pictures(const std::vector<Result>& rows, const std::vector<Pair>& pairs,
                              const std::string& stem);
std::string origin_section(const std::vector<Result>& rows);
std::string error_section(const std::vector<Pair>& pairs);
std::string table_section(const std::vector<Result>& rows);
std::string verdict_section(const std::vector<Verdict>& verdicts);
std::string threat_section(const std::vector<Result>& rows, const std::vector<Pair>& pairs);
// A cell of a Markdown table: no pipes or line ends.
std::string cell(std::string text);

}  // namespace twinlink::scenarios
