#include "analysis/fit.h"

#include <Eigen/Dense>
#include <cmath>
#include <random>

#include "analysis/least_squares.h"
#include "topology/error.h"

namespace twinlink::analysis {
namespace {

// The part of the data that is fitted: which parameters are free, the others at their start.
struct Free {
  const FitData& data;
  std::vector<std::size_t> which;

  [[nodiscard]] std::vector<double> values(const std::vector<double>& logs) const {
    std::vector<double> all;
    for (const Parameter& p : data.parameters) all.push_back(p.start);
    for (std::size_t i = 0; i < which.size(); ++i) all[which[i]] = std::exp(logs[i]);
    return all;
  }

  // Rows, then one prior per free parameter.
  [[nodiscard]] std::vector<double> residuals(const std::vector<double>& logs) const {
    const std::vector<double> predicted = data.predict(values(logs));
    TL_ENSURE(predicted.size() == data.measured_us.size(), "one prediction per row");
    std::vector<double> r;
    for (std::size_t i = 0; i < predicted.size(); ++i)
      r.push_back(std::log(predicted[i] / data.measured_us[i]) / data.sigma[i]);
    for (std::size_t i = 0; i < which.size(); ++i)
      r.push_back((logs[i] - std::log(data.parameters[which[i]].start)) / kPriorSigma);
    return r;
  }

  [[nodiscard]] Box box() const {
    Box b;
    for (const std::size_t i : which) {
      const Parameter& p = data.parameters[i];
      b.start.push_back(std::log(p.start));
      b.low.push_back(std::log(p.low));
      b.high.push_back(std::log(p.high));
    }
    return b;
  }
};

Eigen::MatrixXd matrix(const std::vector<std::vector<double>>& rows, std::size_t columns) {
  Eigen::MatrixXd m(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(columns));
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < columns; ++c)
      m(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = rows[r][c];
  return m;
}

// One sigma of each variable if the rows alone (no priors) determined it.
std::vector<double> spread_of_data(const Eigen::MatrixXd& jacobian, std::size_t rows) {
  const Eigen::MatrixXd j = jacobian.topRows(static_cast<Eigen::Index>(rows));
  Eigen::MatrixXd normal = j.transpose() * j;
  // What no row depends on has no finite spread; the ridge makes it huge instead of undefined.
  normal.diagonal().array() += 1e-9;
  const Eigen::MatrixXd covariance = normal.inverse();
  std::vector<double> spread;
  for (Eigen::Index i = 0; i < covariance.rows(); ++i)
    spread.push_back(std::sqrt(std::max(0.0, covariance(i, i))));
  return spread;
}

class Bootstrap {
 public:
  Bootstrap(const Eigen::MatrixXd& jacobian, const Eigen::VectorXd& residuals, std::size_t rows)
      : jacobian_(jacobian), residuals_(residuals), rows_(rows) {}

  // Relative standard deviation of each variable, and their correlations.
  void run(const FitOptions& options) {
    std::mt19937_64 random(options.seed);
    Eigen::MatrixXd steps(options.bootstraps, jacobian_.cols());
    for (int b = 0; b < options.bootstraps; ++b) steps.row(b) = step(random).transpose();
    const Eigen::MatrixXd centred = steps.rowwise() - steps.colwise().mean();
    covariance = centred.transpose() * centred / std::max(1, options.bootstraps - 1);
  }

  Eigen::MatrixXd covariance;

 private:
  // Gauss-Newton from the solution, with rows weighted by how often they were drawn; priors once.
  Eigen::VectorXd step(std::mt19937_64& random) {
    Eigen::VectorXd weight = Eigen::VectorXd::Zero(jacobian_.rows());
    for (std::size_t i = 0; i < rows_; ++i)
      weight[static_cast<Eigen::Index>(random() % rows_)] += 1;
    weight.tail(jacobian_.rows() - static_cast<Eigen::Index>(rows_)).setOnes();
    for (Eigen::Index i = 0; i < weight.size(); ++i)
      weight[i] /= std::sqrt(1 + residuals_[i] * residuals_[i]);  // as soft-L1 weighs them
    const Eigen::MatrixXd weighted = weight.asDiagonal() * jacobian_;
    const Eigen::MatrixXd normal = jacobian_.transpose() * weighted;
    return -normal.ldlt().solve(weighted.transpose() * residuals_);
  }

  const Eigen::MatrixXd& jacobian_;
  const Eigen::VectorXd& residuals_;
  std::size_t rows_;
};

struct Stage {
  Solution solution;
  std::vector<double> data_spread;
  Eigen::MatrixXd covariance;
};

Stage run_stage(const Free& free, const FitOptions& options) {
  const Residuals residuals = [&](const std::vector<double>& x) { return free.residuals(x); };
  Stage stage;
  stage.solution = solve(residuals, free.box(), {.starts = options.starts, .seed = options.seed});
  const Eigen::MatrixXd jacobian = matrix(stage.solution.jacobian, free.which.size());
  const std::vector<double> at = free.residuals(stage.solution.x);
  const Eigen::VectorXd r =
      Eigen::Map<const Eigen::VectorXd>(at.data(), static_cast<Eigen::Index>(at.size()));
  stage.data_spread = spread_of_data(jacobian, free.data.measured_us.size());
  Bootstrap bootstrap(jacobian, r, free.data.measured_us.size());
  bootstrap.run(options);
  stage.covariance = bootstrap.covariance;
  return stage;
}

void check(const FitData& data) {
  TL_ENSURE(data.measured_us.size() == data.sigma.size(), "a sigma per row");
  for (std::size_t i = 0; i < data.sigma.size(); ++i)
    TL_ENSURE(data.measured_us[i] > 0 && data.sigma[i] > 0, "positive times and sigmas");
}

void add_confounded(const Free& free, const Eigen::MatrixXd& covariance, Fit& result) {
  for (Eigen::Index a = 0; a < covariance.rows(); ++a)
    for (Eigen::Index b = a + 1; b < covariance.cols(); ++b) {
      const double scale = std::sqrt(covariance(a, a) * covariance(b, b));
      if (scale <= 0 || std::abs(covariance(a, b)) < kConfounded * scale) continue;
      const auto name = [&](Eigen::Index i) {
        return free.data.parameters[free.which[static_cast<std::size_t>(i)]].name;
      };
      result.remarks.push_back("the data hardly tell " + name(a) + " and " + name(b) + " apart");
    }
}

}  // namespace

std::vector<double> Fit::values() const {
  std::vector<double> all;
  for (const Estimate& estimate : estimates) all.push_back(estimate.value);
  return all;
}

Fit fit(const FitData& data, const FitOptions& options) {
  check(data);
  Fit result;
  for (const Parameter& p : data.parameters)
    result.estimates.push_back({p.name, p.start, 0, false});
  Free free{data, {}};
  for (std::size_t i = 0; i < data.parameters.size(); ++i) free.which.push_back(i);
  while (!free.which.empty()) {
    const Stage stage = run_stage(free, options);
    result.cost = stage.solution.cost;
    std::vector<std::size_t> known;
    for (std::size_t i = 0; i < free.which.size(); ++i)
      if (stage.data_spread[i] < kIdentified) known.push_back(free.which[i]);
    if (known.size() < free.which.size()) {
      free.which = known;
      continue;
    }
    for (std::size_t i = 0; i < free.which.size(); ++i) {
      const auto at = static_cast<Eigen::Index>(i);
      result.estimates[free.which[i]] = {data.parameters[free.which[i]].name,
                                         std::exp(stage.solution.x[i]),
                                         std::sqrt(stage.covariance(at, at)), true};
    }
    add_confounded(free, stage.covariance, result);
    break;
  }
  for (const Estimate& e : result.estimates)
    if (!e.identified) result.remarks.push_back("the data do not tell " + e.name + "; it stays");
  return result;
}

}  // namespace twinlink::analysis
