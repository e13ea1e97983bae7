// twinlink report FILE...: results as Markdown with pictures.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>

#include "scenarios/atomic_file.h"
#include "scenarios/cli/result_verbs.h"
#include "scenarios/report/report.h"
#include "scenarios/version.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

struct ReportFlags {
  std::vector<std::string> files;
  std::string output;
};

StoredResults read_all(const std::vector<std::string>& files) {
  StoredResults all;
  for (const std::string& file : files) {
    StoredResults one = read_stored_results(read_input(file), file == "-" ? "stdin" : file);
    std::ranges::move(one.rows, std::back_inserter(all.rows));
    std::ranges::move(one.verdicts, std::back_inserter(all.verdicts));
  }
  return all;
}

std::string document(const ReportFlags& flags, const StoredResults& all,
                     const std::vector<Pair>& pairs, const std::vector<Picture>& drawn) {
  std::string out =
      fmt::format("# Report\n\nMade by twinlink {} with `twinlink report {}{}`.\n\n", version(),
                  fmt::join(flags.files, " "), flags.output.empty() ? "" : " -o " + flags.output);
  out += origin_section(all.rows) + error_section(pairs) + verdict_section(all.verdicts);
  if (!drawn.empty()) out += "## Pictures\n\n";
  for (const Picture& picture : drawn)
    out += fmt::format("![{}]({})\n\n", picture.title, picture.file);
  return out + table_section(all.rows) + threat_section(all.rows, pairs);
}

// All files are written before the first appears; the report itself comes last.
void write_all(const std::string& path, const std::string& text,
               const std::vector<Picture>& drawn) {
  std::vector<std::unique_ptr<AtomicFile>> files;
  const auto add = [&files](const std::string& name, const std::string& content) {
    files.push_back(std::make_unique<AtomicFile>(name));
    files.back()->write(content);
  };
  for (const Picture& picture : drawn)
    add((std::filesystem::path(path).parent_path() / picture.file).string(), picture.svg);
  add(path, text);
  for (const auto& file : files) file->commit();
}

int act(const ReportFlags& flags, Session& session) {
  const StoredResults all = read_all(flags.files);
  const std::vector<Pair> pairs = reference_pairs(all.rows);
  if (flags.output.empty()) {
    session.out = document(flags, all, pairs, {});
    session.note("pictures are files beside the report: name it with -o");
    return kOk;
  }
  const std::string stem = std::filesystem::path(flags.output).stem().string();
  const std::vector<Picture> drawn = pictures(all.rows, pairs, stem);
  write_all(flags.output, document(flags, all, pairs, drawn), drawn);
  return kOk;
}

}  // namespace

void add_report(CLI::App& app, Session& session) {
  auto flags = std::make_shared<ReportFlags>();
  CLI::App* verb = app.add_subcommand("report", "Result files as Markdown with pictures");
  verb->add_option("FILES", flags->files,
                   "Result files (JSON of run, coll or validate), or - for stdin")
      ->required();
  verb->add_option("-o,--output", flags->output,
                   "Write to this file, and pictures beside it, instead of stdout");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
