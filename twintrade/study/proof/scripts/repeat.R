# Estimates of twintrade, repeated in R: Rscript this file in its folder. Each line has twintrade's number and R's own.
# Packages are used where they are installed: fixest, did, didimputation, etwfe, synthdid, HonestDiD. Without fixest
# base R does the regressions with a dummy for every level. Errors follow twintrade: clusters alone, G / (G - 1), G of
# the dimension with the fewest clusters.
text <- c(unit = "character", city = "character", partner = "character", status = "character")
panel <- read.csv("panel.csv", na.strings = "", colClasses = text)
has <- function(package) requireNamespace(package, quietly = TRUE)

tell <- function(name, software, stored, estimate, stored_error = NA, error = NA) {
  cat(sprintf("%s, %s: twintrade %.8f, here %.8f, difference %.1e", name, software, stored, estimate, estimate - stored))
  if (!is.na(stored_error) && !is.na(error)) cat(sprintf("; errors %.8f and %.8f", stored_error, error))
  cat("\n")
}

take <- function(sample, transform) {
  d <- panel[panel[[sample]] == 1, ]
  d$y <- if (transform == "log") log(d$outcome) else d$outcome
  d
}

level <- function(d, effect) do.call(paste, unname(as.list(d[strsplit(effect, "^", fixed = TRUE)[[1]]])))

dummies <- function(d, effects) {
  do.call(cbind, lapply(effects, function(effect) {
    level <- factor(level(d, effect))
    outer(as.integer(level), seq_along(levels(level)), "==") + 0
  }))
}

drop_empty <- function(d, effects) {
  repeat {
    kept <- rep(TRUE, nrow(d))
    for (effect in effects) kept <- kept & ave(d$y, level(d, effect), FUN = sum) > 0
    if (all(kept)) return(d)
    d <- d[kept, ]
  }
}

fit_dummies <- function(x, y, poisson) {
  q <- qr(x, tol = 1e-9)
  kept <- sort(q$pivot[seq_len(q$rank)])
  m <- if (!poisson) lm.fit(x[, kept], y) else suppressWarnings(
    glm.fit(x[, kept], y, family = quasipoisson(), control = list(epsilon = 1e-14, maxit = 200))
  )
  b <- rep(NA_real_, ncol(x))
  b[kept] <- m$coefficients
  list(coefficients = b, fitted.values = m$fitted.values)
}

cluster_error <- function(influence, d, clusters) {
  square <- function(names) sum(tapply(influence, level(d, paste(names, collapse = "^")), sum)^2)
  groups <- min(sapply(clusters, function(name) length(unique(d[[name]]))))
  total <- sum(sapply(clusters, square)) - if (length(clusters) > 1) square(clusters) else 0
  sqrt(total * groups / (groups - 1))
}

convention <- function() {
  if ("K.adj" %in% names(formals(fixest::ssc))) fixest::ssc(K.adj = FALSE, G.adj = TRUE, G.df = "min")
  else fixest::ssc(adj = FALSE, cluster.adj = TRUE, cluster.df = "min")
}

static <- function(name, sample, transform, effects, clusters, poisson, stored, error) {
  d <- take(sample, transform)
  if (has("fixest")) {
    formula <- as.formula(paste("y ~ treated |", paste(effects, collapse = " + ")))
    vcov <- as.formula(paste("~", paste(clusters, collapse = " + ")))
    fit <- if (poisson) fixest::fepois else fixest::feols
    m <- fit(formula, d, vcov = vcov, ssc = convention(), notes = FALSE)
    return(tell(name, "fixest", stored, coef(m)[["treated"]], error, fixest::se(m)[["treated"]]))
  }
  if (poisson) d <- drop_empty(d, effects)
  scale <- if (poisson) mean(d$y) else 1
  x <- cbind(d$treated, dummies(d, effects))
  m <- fit_dummies(x, d$y / scale, poisson)
  kept <- x[, !is.na(m$coefficients)]
  weight <- if (poisson) m$fitted.values else rep(1, nrow(d))
  influence <- (kept %*% solve(crossprod(kept * sqrt(weight)))[, 1]) * (d$y / scale - m$fitted.values)
  tell(name, "base R", stored, m$coefficients[[1]], error, cluster_error(drop(influence), d, clusters))
}

# Of rows with trade or, where more than 5 % of them have none, of each unit's sums.
average_logs <- function(y, new, unit) {
  if (mean(y == 0) > 0.05) {
    y <- tapply(y, unit, sum)
    new <- tapply(new, unit, sum)
  }
  mean(log(y / new)[y > 0])
}

impute <- function(name, sample, transform, effects, poisson, measure, stored) {
  d <- take(sample, transform)
  untreated <- d[d$treated == 0, ]
  if (poisson) untreated <- drop_empty(untreated, effects)
  known <- d$treated == 1
  for (effect in effects) known <- known & level(d, effect) %in% level(untreated, effect)
  if (has("fixest")) {
    formula <- as.formula(paste("y ~ 1 |", paste(effects, collapse = " + ")))
    fit <- if (poisson) fixest::fepois else fixest::feols
    new <- predict(fit(formula, untreated, notes = FALSE), newdata = d[known, ])
  } else {
    used <- d$treated == 0 & row.names(d) %in% row.names(untreated)
    x <- dummies(d, effects)
    scale <- if (poisson) mean(d$y[used]) else 1
    b <- fit_dummies(x[used, ], d$y[used] / scale, poisson)$coefficients
    b[is.na(b)] <- 0
    new <- drop(x[known, , drop = FALSE] %*% b)
    if (poisson) new <- scale * exp(new)
  }
  y <- d$y[known]
  estimate <- switch(measure,
    difference = mean(y - new),
    percent = 100 * (sum(y) / sum(new) - 1),
    log_ratio = average_logs(y, new, d$unit[known])
  )
  tell(name, if (has("fixest")) "fixest" else "base R", stored, estimate)
  if (!poisson && has("didimputation")) {
    first <- as.formula(paste("~ 0 |", paste(effects, collapse = " + ")))
    m <- didimputation::did_imputation(d, yname = "y", gname = "onset", tname = "period", idname = "unit_id",
                                       first_stage = first)
    tell(name, "didimputation", stored, m$estimate[1])
  }
}

cells <- function(name, sample, transform, effects, clusters, poisson, measure, stored, error) {
  d <- take(sample, transform)
  if (poisson) d <- drop_empty(d, effects)
  cell <- factor(ifelse(d$treated == 1, paste(d$onset, d$period), ""))
  own <- outer(as.integer(cell), seq_along(levels(cell))[-1], "==") + 0
  scale <- if (poisson) mean(d$y) else 1
  m <- fit_dummies(cbind(own, dummies(d, effects)), d$y / scale, poisson)
  b <- m$coefficients[seq_len(ncol(own))]
  on <- d$treated == 1
  shift <- drop(own %*% b)[on]
  if (measure == "percent") estimate <- 100 * (sum(m$fitted.values[on]) / sum(m$fitted.values[on] / exp(shift)) - 1)
  else estimate <- mean(shift)
  tell(name, "base R", stored, estimate)
  if (has("etwfe") && identical(effects, c("unit", "period"))) {
    m <- etwfe::etwfe(y ~ 1, tvar = period, gvar = onset, data = d, ivar = unit_id,
                      family = if (poisson) "poisson" else NULL)
    print(etwfe::emfx(m, type = "simple"))
  }
}

groups <- function(name, sample, transform, comparison, stored) {
  if (!has("did")) return(cat(name, ": install.packages(\"did\")\n", sep = ""))
  d <- take(sample, transform)
  group <- if (comparison == "never_treated") "nevertreated" else "notyettreated"
  m <- did::att_gt("y", tname = "period", idname = "unit_id", gname = "onset", data = d, control_group = group,
                   bstrap = FALSE, cband = FALSE, base_period = "universal")
  tell(name, "did", stored, did::aggte(m, type = "simple")$overall.att)
}

wide <- function(d) {
  y <- tapply(d$y, list(d$unit, d$period), mean)
  case <- unique(d$unit[d$onset > 0])
  y <- y[, !is.na(y[case, ]), drop = FALSE]
  y <- y[rowSums(is.na(y)) == 0, , drop = FALSE]
  list(y = y[c(setdiff(row.names(y), case), case), ], onset = unique(d$onset[d$onset > 0]), case = case)
}

ratio <- function(name, sample, stored) {
  w <- wide(take(sample, "level"))
  city <- panel$city[match(row.names(w$y), panel$unit)]
  partner <- panel$partner[match(row.names(w$y), panel$unit)]
  n <- nrow(w$y)
  others <- seq_len(n) < n
  r <- log(w$y[n, ])
  add <- function(r, members, sign) if (any(members)) r + sign * log(colSums(w$y[members, , drop = FALSE])) else r
  r <- add(r, others & city == city[n], -1)
  r <- add(r, others & partner == partner[n], -1)
  r <- add(r, city != city[n] & partner != partner[n], 1)
  after <- as.numeric(colnames(w$y)) >= w$onset
  gap <- r - mean(r[!after])
  tell(name, "base R", stored, mean(gap[after & is.finite(gap)]))
}

synthetic <- function(name, sample, transform, stored) {
  if (!has("synthdid")) return(cat(name, ": synthdid is at github.com/synth-inference/synthdid\n", sep = ""))
  w <- wide(take(sample, transform))
  m <- synthdid::synthdid_estimate(w$y, nrow(w$y) - 1, sum(as.numeric(colnames(w$y)) < w$onset))
  tell(name, "synthdid", stored, as.numeric(m))
}

bounds <- function(name, sample, transform, effects, clusters, reference) {
  if (!has("fixest") || !has("HonestDiD")) return(invisible())
  d <- take(sample, transform)
  d$time <- ifelse(d$onset > 0, d$period - d$onset, reference)
  formula <- as.formula(sprintf("y ~ i(time, ref = %d) | %s", reference, paste(effects, collapse = " + ")))
  m <- fixest::feols(formula, d, vcov = as.formula(paste("~", paste(clusters, collapse = " + "))), notes = FALSE)
  times <- as.numeric(sub(".*::", "", names(coef(m))))
  cat(name, ": bounds of the first effect by HonestDiD\n", sep = "")
  print(HonestDiD::createSensitivityResults_relativeMagnitudes(
    betahat = coef(m), sigma = vcov(m), numPrePeriods = sum(times < reference), numPostPeriods = sum(times >= 0),
    Mbarvec = c(0.5, 1, 2)
  ))
}

