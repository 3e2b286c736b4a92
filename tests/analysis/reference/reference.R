# R's answers to the statistics of devkit: every call is kept as text beside its value.
# Rscript reference.R FOLDER-WITH-CSV OUT.json
suppressPackageStartupMessages({
  library(lme4); library(lmerTest); library(sandwich); library(geepack); library(clubSandwich)
  library(survival); library(psych); library(eRm); library(psychotools); library(jsonlite)
})
arguments <- commandArgs(trailingOnly = TRUE)
read <- function(name) {
  path <- file.path(arguments[1], paste0(name, ".csv"))
  if (file.exists(path)) read.csv(path) else NULL
}
crossed <- read("crossed"); answers <- read("answers"); retest <- read("retest"); yoked <- read("yoked")
times <- read("times"); pairs <- read("pairs"); choices <- read("choices"); infants <- read("infants")
chance <- function(g) structure(list(
  linkfun = function(mu) qlogis(pmin(pmax((mu - g) / (1 - g), 1e-9), 1 - 1e-9)),
  linkinv = function(eta) g + (1 - g) * plogis(eta),
  mu.eta = function(eta) (1 - g) * dlogis(eta),
  valideta = function(eta) TRUE, name = "chance"), class = "link-glm")
items <- answers[, -1]
control <- glmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e5), tolPwrss = 1e-10)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9))
exgauss <- function(q) -sum(-log(exp(q[3])) + (q[1] - times$ms) / exp(q[3]) + exp(q[2])^2 / (2 * exp(q[3])^2) +
  pnorm((times$ms - q[1]) / exp(q[2]) - exp(q[2]) / exp(q[3]), log.p = TRUE))
weber <- function(w) with(pairs, { p <- 0.5 + 0.475 * (2 * pnorm((more - fewer) / (w * sqrt(more^2 + fewer^2))) - 1)
  -sum(y * log(p) + (1 - y) * log(1 - p)) })
H <- as.matrix(choices[, 1:4]); S <- as.matrix(choices[, 5:8])
kl <- function(b) { q <- exp(b * S); q <- q / rowSums(q); mean(rowSums(ifelse(H > 0, H * log(H / q), 0))) }
rest <- function(i) (rowSums(items) - items[[i]]) / (ncol(items) - 1)
ez <- function(p, v, m) { l <- qlogis(p); x <- l * (l * p^2 - l * p + p - .5) / v; d <- .1 * x^.25
  a <- .01 * l / d; y <- -d * a / .01; c(d, a, m - a / (2 * d) * (1 - exp(y)) / (1 + exp(y))) }
fit <- list()
remember <- function(name, value) { if (is.null(fit[[name]])) fit[[name]] <<- value(); fit[[name]] }
mixed <- function() remember("mixed", function() glmer(y ~ age + (1 | child) + (1 | item), crossed, binomial, control = control))
mixed25 <- function() remember("mixed25", function() glmer(y25 ~ age + (1 | child) + (1 | item), crossed,
  binomial(link = chance(0.25)), control = control))
linear <- function() remember("linear", function() lmerTest::lmer(look ~ age + (1 | child) + (1 | item), crossed, control = tight))
real <- function() remember("real", function() lmerTest::lmer(look ~ age + (1 | child) + (1 | item), infants, control = tight))
own <- function(d) { m <- aggregate(cbind(look, age) ~ child, d, mean); m }

calls <- list(
  wilson_low = "prop.test(17, 24, correct = FALSE)$conf.int[1]",
  wilson_high = "prop.test(17, 24, correct = FALSE)$conf.int[2]",
  clopper_low = "binom.test(17, 24)$conf.int[1]",
  clopper_high = "binom.test(17, 24)$conf.int[2]",
  binomial_p = "binom.test(17, 24, 0.5, alternative = 'greater')$p.value",
  holm = "p.adjust(c(.01, .04, .03, .005), 'holm')",
  bh = "p.adjust(c(.01, .04, .03, .005), 'BH')",
  t_mean = "unname(t.test(own(crossed)$look)$estimate)",
  t_low = "t.test(own(crossed)$look)$conf.int[1]",
  t_high = "t.test(own(crossed)$look)$conf.int[2]",
  two_way_se = "sqrt(vcovCL(lm(y ~ 1, crossed), cluster = ~ child + item, type = 'HC0', cadjust = TRUE, multi0 = TRUE))[1]",
  cluster_child_se = "sqrt(vcovCL(lm(y ~ 1, crossed), cluster = ~ child, type = 'HC0', cadjust = TRUE))[1]",
  hc3_slope = "unname(coef(lm(look ~ age, own(crossed)))[2])",
  hc3_se = "sqrt(vcovHC(lm(look ~ age, own(crossed)), 'HC3')[2, 2])",
  cr3_slope = "unname(coef(lm(look ~ age, crossed))[2])",
  cr3_se = "sqrt(vcovCR(lm(look ~ age, crossed), cluster = crossed$child, type = 'CR3')[2, 2])",
  logit_slope = "unname(coef(glm(y ~ age, binomial, crossed))[2])",
  logit_se = "sqrt(vcov(glm(y ~ age, binomial, crossed))[2, 2])",
  chance_intercept = "unname(coef(glm(y25 ~ age, binomial(link = chance(.25)), crossed, start = c(.5, 0), epsilon = 1e-12))[1])",
  chance_slope = "unname(coef(glm(y25 ~ age, binomial(link = chance(.25)), crossed, start = c(.5, 0), epsilon = 1e-12))[2])",
  chance_se = "sqrt(vcov(glm(y25 ~ age, binomial(link = chance(.25)), crossed, start = c(.5, 0), epsilon = 1e-12))[2, 2])",
  chance_deviance = "deviance(glm(y25 ~ age, binomial(link = chance(.25)), crossed, start = c(.5, 0), epsilon = 1e-12))",
  gee_slope = "unname(coef(geeglm(y ~ age, binomial, crossed, id = child))[2])",
  gee_robust_se = "sqrt(geeglm(y ~ age, binomial, crossed, id = child)$geese$vbeta[2, 2])",
  gee_reduced_se = "sqrt(vcovCR(glm(y ~ age, binomial, crossed), cluster = crossed$child, type = 'CR3')[2, 2])",
  gee_exchangeable_slope = "unname(coef(geeglm(y ~ age, binomial, crossed, id = child, corstr = 'exchangeable'))[2])",
  glmer_intercept = "unname(fixef(mixed())[1])",
  glmer_slope = "unname(fixef(mixed())[2])",
  glmer_se = "sqrt(diag(as.matrix(vcov(mixed()))))[2]",
  glmer_intercept_se = "sqrt(diag(as.matrix(vcov(mixed()))))[1]",
  glmer_sd_child = "attr(VarCorr(mixed())$child, 'stddev')",
  glmer_sd_item = "attr(VarCorr(mixed())$item, 'stddev')",
  glmer_deviance = "-2 * as.numeric(logLik(mixed()))",
  glmer25_slope = "unname(fixef(mixed25())[2])",
  glmer25_se = "sqrt(diag(as.matrix(vcov(mixed25()))))[2]",
  glmer25_sd_item = "attr(VarCorr(mixed25())$item, 'stddev')",
  lmer_slope = "unname(fixef(linear())[2])",
  lmer_se = "coef(summary(linear()))[2, 2]",
  lmer_df = "coef(summary(linear()))[2, 3]",
  lmer_sd_item = "attr(VarCorr(linear())$item, 'stddev')",
  lmer_residual = "sigma(linear())",
  welch_low = "with(own(crossed), t.test(look[age > 0], look[age <= 0]))$conf.int[1]",
  welch_df = "unname(with(own(crossed), t.test(look[age > 0], look[age <= 0]))$parameter)",
  tost_p = "max(with(own(crossed), t.test(look[age > 0], look[age <= 0], mu = -.2, alternative = 'greater')$p.value), with(own(crossed), t.test(look[age > 0], look[age <= 0], mu = .2, alternative = 'less')$p.value))",
  prediction_low = "predict(lm(look ~ 1, own(crossed)), data.frame(a = 1), interval = 'prediction')[1, 2]",
  prediction_high = "predict(lm(look ~ 1, own(crossed)), data.frame(a = 1), interval = 'prediction')[1, 3]",
  isotonic = "isoreg(c(.3, .5, .4, .7, .6, .9))$yf",
  mcnemar_p = "with(yoked, binom.test(sum(model > child), sum(model != child)))$p.value",
  clogit_or = "unname(exp(coef(clogit(y ~ who + strata(trial), data.frame(y = c(yoked$model, yoked$child), who = rep(1:0, each = nrow(yoked)), trial = rep(yoked$trial, 2))))))",
  clogit_se = "sqrt(vcov(clogit(y ~ who + strata(trial), data.frame(y = c(yoked$model, yoked$child), who = rep(1:0, each = nrow(yoked)), trial = rep(yoked$trial, 2))))[1])",
  error_kappa = "cohen.kappa(cbind(yoked$model, yoked$child))$kappa",
  error_kappa_se = "sqrt(cohen.kappa(cbind(yoked$model, yoked$child))$var.kappa)",
  spearman = "cor(aggregate(y ~ item, crossed, mean)$y, aggregate(look ~ item, crossed, mean)$look, method = 'spearman')",
  pearson_low = "cor.test(retest$one, retest$two)$conf.int[1]",
  coder_kappa = "cohen.kappa(cbind(retest$coder1, retest$coder2))$kappa",
  icc = "ICC(retest[, 1:2], lmer = FALSE)$results[2, 2]",
  icc_low = "ICC(retest[, 1:2], lmer = FALSE)$results[2, 7]",
  icc_high = "ICC(retest[, 1:2], lmer = FALSE)$results[2, 8]",
  alpha = "suppressWarnings(psych::alpha(items)$total$raw_alpha)",
  alpha_low = "suppressWarnings(psych::alpha(items)$feldt$lower.ci[[1]])",
  omega = "{ f <- factanal(items, 1); l <- f$loadings[, 1]; sum(l)^2 / (sum(l)^2 + sum(f$uniquenesses)) }",
  rasch = "-unname(RM(items, sum0 = TRUE)$betapar)",
  rasch_se = "unname(RM(items, sum0 = TRUE)$se.beta)",
  rasch_psychotools = "unname(itempar(raschmodel(items)))[1:9]",
  dif_p = "anova(glm(items$i3 ~ rest('i3'), family = binomial), glm(items$i3 ~ rest('i3') + answers$group, family = binomial), test = 'Chisq')[2, 5]",
  dif_effect = "unname(coef(glm(items$i3 ~ rest('i3') + answers$group, family = binomial))[3])",
  dif_null_p = "anova(glm(items$i5 ~ rest('i5'), family = binomial), glm(items$i5 ~ rest('i5') + answers$group, family = binomial), test = 'Chisq')[2, 5]",
  ex_gaussian = "{ q <- nlminb(c(900, log(120), log(350)), exgauss, lower = c(0, 2, 2), upper = c(3000, 7, 8))$par; c(q[1], exp(q[2:3])) }",
  ez = "ez(.802, .112, .723)",
  quantile = "unname(quantile(times$ms, c(.1, .5, .9)))",
  weber = "optimize(weber, c(.02, 3), tol = 1e-9)$minimum",
  devbench_kl = "optimize(kl, c(.025, 40), tol = 1e-9)$objective",
  devbench_beta = "optimize(kl, c(.025, 40), tol = 1e-9)$minimum"
)
calls_real <- list(
  real_mean = "unname(t.test(own(infants)$look)$estimate)",
  real_low = "t.test(own(infants)$look)$conf.int[1]",
  real_high = "t.test(own(infants)$look)$conf.int[2]",
  real_hc3_slope = "unname(coef(lm(look ~ age, own(infants)))[2])",
  real_hc3_se = "sqrt(vcovHC(lm(look ~ age, own(infants)), 'HC3')[2, 2])",
  real_cr3_se = "sqrt(vcovCR(lm(look ~ age, infants), cluster = infants$child, type = 'CR3')[2, 2])",
  real_two_way_se = "sqrt(vcovCL(lm(look ~ 1, infants), cluster = ~ child + item, type = 'HC0', cadjust = TRUE, multi0 = TRUE))[1]",
  real_lmer_slope = "unname(fixef(real())[2])",
  real_lmer_se = "coef(summary(real()))[2, 2]",
  real_lmer_df = "coef(summary(real()))[2, 3]",
  real_lmer_sd_item = "attr(VarCorr(real())$item, 'stddev')"
)
if (!is.null(infants)) calls <- c(calls, calls_real)
found <- list()
for (name in names(calls)) {
  value <- eval(parse(text = calls[[name]]))
  found[[name]] <- list(call = unbox(calls[[name]]), value = unname(as.numeric(value)))
}
packages <- c("lme4", "lmerTest", "sandwich", "geepack", "clubSandwich", "survival", "psych", "eRm", "psychotools")
versions <- lapply(setNames(packages, packages), function(p) unbox(as.character(packageVersion(p))))
write_json(list(R = unbox(R.version.string), packages = versions, statistics = found), arguments[2],
  digits = 12, pretty = TRUE)
