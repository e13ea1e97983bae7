#include "scenarios/json/parse.h"

#include <algorithm>
#include <cctype>
#include <list>
#include <nlohmann/json.hpp>

#include "scenarios/json/document.h"
#include "scenarios/json/walk.h"
#include "scenarios/units_text.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using nlohmann::json;

// Printable ASCII only, and not endless: messages quote what was read.
std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c < ' ' || c > '~'; }, '?');
  if (text.size() > 160) text = text.substr(0, 160) + "...";
  return text;
}

// nlohmann's words after "... syntax error while parsing value - ", without what was read last.
std::string reason_of(const std::string& what) {
  const std::size_t dash = what.find(" - ");
  std::string reason = dash == std::string::npos ? what : what.substr(dash + 3);
  const std::size_t read = reason.find("; last read: ");
  const std::size_t expected = reason.rfind("; expected ");
  if (read == std::string::npos) return printable(reason);
  const bool keep_tail = expected != std::string::npos && expected > read;
  return printable(reason.substr(0, read) + (keep_tail ? reason.substr(expected) : ""));
}

// What stands at `offset` up to the next separator.
std::string word_at(const std::string& text, std::size_t offset) {
  const std::size_t end = text.find_first_of(" \t\r\n,:[]{}", offset + 1);
  return printable(text.substr(offset, std::min(end - offset, std::size_t{40})));
}

bool is_no_number(std::string word) {
  std::ranges::transform(word, word.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word == "nan" || word == "-nan" || word == "inf" || word == "-inf" || word == "infinity" ||
         word == "-infinity";
}

class Builder : public JsonWalk {
 public:
  Builder(const std::string& text, const std::string& file, const ParseLimits& limits)
      : JsonWalk(text), text_(text), file_(file), limits_(limits) {}

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& error) override;

  json root;
  std::vector<InputIssue> issues;
  std::function<void(const json&, std::size_t)> on_row;

 protected:
  bool on_value(json&& value, bool is_container) override;
  bool on_close() override;

 private:
  json* insert(json&& value);
  void complain(std::size_t offset, const std::string& where, std::string message) {
    const Position at = position_at(text_, offset);
    issues.push_back({where, std::move(message), file_, at.line, at.column});
  }
  std::string early_end() const;

  // Whether the value that begins or has just ended is an element of the list handed out in rows.
  bool is_row() const {
    return open_.size() == 2 && !in_object() && !limits_.rows.empty() && root.is_object() &&
           open_.front() == &root && outer_key() == limits_.rows;
  }
  // Inside rows that nobody wants now: only their syntax is looked at.
  bool is_skipped() const {
    return !on_row && open_.size() >= 2 && open_[1]->is_array() && !limits_.rows.empty() &&
           outer_key() == limits_.rows;
  }
  void end_row();

  json row_;
  std::size_t rows_seen_ = 0;
  const std::string& text_;
  const std::string& file_;
  const ParseLimits& limits_;
  std::vector<json*> open_;
  std::list<json> dropped_;  // values of duplicate keys, read and forgotten
};

json* Builder::insert(json&& value) {
  if (open_.empty()) return &(root = std::move(value));
  if (is_row()) return &(row_ = std::move(value));
  if (!in_object()) return &open_.back()->emplace_back(std::move(value));
  if (open_.back()->contains(key())) {
    complain(*key_offset(), pointer(), "duplicate key \"" + printable(key()) + "\"");
    return &dropped_.emplace_back(std::move(value));
  }
  return &((*open_.back())[key()] = std::move(value));
}

bool Builder::on_value(json&& value, bool is_container) {
  if (is_container && depth() >= limits_.depth) {
    complain(value_offset(), {},
             "nested more than " + std::to_string(limits_.depth) + " levels deep");
    return false;
  }
  json* placed = is_skipped() ? &row_ : insert(std::move(value));
  if (is_container)
    open_.push_back(placed);
  else if (is_row())
    end_row();
  return issues.size() < kMaxIssues;
}

bool Builder::on_close() {
  open_.pop_back();
  if (is_row()) end_row();
  return true;
}

void Builder::end_row() {
  if (on_row) on_row(row_, rows_seen_);
  ++rows_seen_;
  row_ = nullptr;
}

std::string Builder::early_end() const {
  if (text_.find_first_not_of(" \t\r\n") == std::string::npos) return "the file is empty";
  if (depth() == 0) return "the file ends too early";
  return "the file ends too early: " + std::to_string(depth()) +
         (depth() == 1 ? " bracket is" : " brackets are") + " still open";
}

bool Builder::parse_error(std::size_t position, const std::string& token,
                          const nlohmann::detail::exception& error) {
  if (position > text_.size()) {
    complain(text_.size(), {}, early_end());
    return false;
  }
  const std::size_t last = std::max<std::size_t>(position, 1) - 1;  // last character that was read
  const std::size_t start = std::min(next_offset(), last);
  const std::string reason = reason_of(error.what());
  const std::string word = word_at(text_, start);
  if (error.id == 406)
    complain(start, pointer(), printable(token) + " is too large for a number");
  else if (is_no_number(word))
    complain(start, {}, "not JSON: NaN and Infinity are not numbers here");
  else if (reason.find("U+000A") != std::string::npos)
    complain(last, {}, "not JSON: the text is not closed by \" on its line");
  else if (reason.starts_with("invalid string"))
    complain(last, {}, "not JSON: " + reason);
  else if (reason.starts_with("invalid literal"))
    complain(start, {}, "not JSON: unexpected " + quote(word) + reason.substr(15));
  else
    complain(start, {}, "not JSON: " + reason);
  return false;
}

}  // namespace

json parse_json(const std::string& text, const std::string& file, const ParseLimits& limits) {
  if (text.size() > limits.bytes)
    throw InputError({{{},
                       "the file has " + std::to_string(text.size()) + " bytes; at most " +
                           to_text(Bytes{static_cast<std::int64_t>(limits.bytes)}) + " are read",
                       file,
                       0,
                       0}});
  Builder builder(text, file, limits);
  json::sax_parse(text, &builder, json::input_format_t::json, true, true);
  if (!builder.issues.empty()) throw InputError(std::move(builder.issues));
  return std::move(builder.root);
}

void parse_rows(const std::string& text, const std::string& file, const ParseLimits& limits,
                const std::function<void(const json&, std::size_t)>& row) {
  Builder builder(text, file, limits);
  builder.on_row = row;
  json::sax_parse(text, &builder, json::input_format_t::json, true, true);
  if (!builder.issues.empty()) throw InputError(std::move(builder.issues));
}

}  // namespace twinlink::scenarios
