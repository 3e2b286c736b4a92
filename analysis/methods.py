"""The methods by key: what each is called, its formula, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """How a number was made: what the report prints in its methods section."""

    name: str
    formula: str
    reference: str


METHODS: dict[str, Method] = {
    "wilson": Method(
        "Wilson score interval",
        "(p̂ + z²/2n ± z·√(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n)",
        "Wilson (1927), Journal of the American Statistical Association 22, 209–212",
    ),
    "clopper_pearson": Method(
        "Clopper–Pearson interval",
        "limits at which the binomial tail equals α/2; exact, never too narrow",
        "Clopper & Pearson (1934), Biometrika 26, 404–413",
    ),
    "binomial": Method(
        "exact binomial test, one-sided",
        "p = P(X ≥ k), X ~ Binomial(n, chance)",
        "Conover (1999), Practical Nonparametric Statistics",
    ),
    "two_way_studentised": Method(
        "studentised two-way bootstrap over persons and items",
        "θ̂ − t*·se, t* = (θ* − θ̂)/se*, se² = V_persons + V_items − V_both",
        "Cameron, Gelbach & Miller (2011), Journal of Business & Economic Statistics 29, 238–249; "
        "Owen (2007), Annals of Applied Statistics 1, 386–411",
    ),
    "two_way_t": Method(
        "two-way clustered variance with t",
        "θ̂ ± t(min(persons, items) − 1)·se, se² = V_persons + V_items − V_both",
        "Cameron, Gelbach & Miller (2011), Journal of Business & Economic Statistics 29, 238–249",
    ),
    "two_way_percentile": Method(
        "percentiles of the two-way bootstrap (conservative)",
        "quantiles of θ* with persons and items drawn independently",
        "Owen (2007), Annals of Applied Statistics 1, 386–411",
    ),
    "t_mean": Method(
        "mean over persons with t",
        "x̄ ± t(n − 1)·s/√n, each person's trials averaged first",
        "Student (1908), Biometrika 6, 1–25",
    ),
    "mover": Method(
        "mean of proportions, limits recovered from the Wilson limits of each",
        "θ̂ − √Σ(p̂ᵢ − lᵢ)²/k, θ̂ + √Σ(uᵢ − p̂ᵢ)²/k; scores of the same trials added before squaring",
        "Zou & Donner (2008), Statistics in Medicine 27, 1693–1702",
    ),
    "chance_curve": Method(
        "logistic curve with chance fixed",
        "p = g + (1 − g − λ)·logistic(a + b·x), g and λ fixed, maximum likelihood",
        "Treutwein & Strasburger (1999), Perception & Psychophysics 61, 87–106",
    ),
    "linear": Method(
        "linear regression, heteroscedasticity-consistent errors (HC3)",
        "y = a + b·age, one mean per person",
        "MacKinnon & White (1985), Journal of Econometrics 29, 305–325",
    ),
    "holm": Method(
        "Holm's correction",
        "p(i)·(m − i + 1), made monotone",
        "Holm (1979), Scandinavian Journal of Statistics 6, 65–70",
    ),
    "difference": Method(
        "difference of two independent estimates",
        "θ̂₁ − θ̂₂ ± t(df)·√(se₁² + se₂²), df after Satterthwaite",
        "Welch (1947), Biometrika 34, 28–35; Satterthwaite (1946), Biometrics Bulletin 2, 110–114",
    ),
    "difference_items": Method(
        "model minus children on the same items, persons and items drawn anew together",
        "d̂ − t*·se(d), d = mean over items of (model's score − children's mean)",
        "Owen (2007), Annals of Applied Statistics 1, 386–411",
    ),
    "prediction": Method(
        "prediction interval of one further child",
        "x̄ ± t(n − 1)·s·√(1 + 1/n) over the children's own means",
        "Whitmore (1986), The American Statistician 40, 141–143",
    ),
    "tost": Method(
        "two one-sided tests against a bound stated beforehand",
        "equivalent at α when the 1 − 2α interval of the difference lies within ±bound; p = the larger of the two",
        "Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15, 657–680",
    ),
    "age_equivalent": Method(
        "age at which the children's curve meets the model's accuracy",
        "x = c + (logit((p − g)/(1 − g − λ)) − a)/b; limits from drawing children and items, and the model's items",
        "Fieller (1954), Journal of the Royal Statistical Society B 16, 175–185, for why the ends may be open",
    ),
    "experience_equivalent": Method(
        "hours at which the model's curve meets the children's accuracy",
        "log₁₀ h = c + (logit((p − g)/(1 − g − λ)) − a)/b; limits from drawing children and items",
        "Fieller (1954), Journal of the Royal Statistical Society B 16, 175–185, for why the ends may be open",
    ),
    "isotonic": Method(
        "isotonic regression, for display",
        "pooled adjacent violators, weighted by trials",
        "Barlow, Bartholomew, Bremner & Brunk (1972), Statistical Inference under Order Restrictions",
    ),
    "mcnemar_exact": Method(
        "exact McNemar test",
        "p = 2·P(X ≤ min(b, c)), X ~ Binomial(b + c, ½), at most 1; b, c trials that only one got right",
        "McNemar (1947), Psychometrika 12, 153–157",
    ),
    "conditional_logit": Method(
        "conditional logit of the same trials",
        "odds ratio = c / b of discordant pairs within one child; exact limits from Binomial(b + c, π)",
        "Breslow & Day (1980), Statistical Methods in Cancer Research 1, chapter 5",
    ),
    "paired_two_way": Method(
        "difference on the same trials, two-way clustering over children and items",
        "d̂ ± t(min(C, I) − 1)·se, se² = V_children + V_items − V_both",
        "Cameron, Gelbach & Miller (2011), Journal of Business & Economic Statistics 29, 238–249",
    ),
    "chance_glm": Method(
        "logistic regression with chance fixed",
        "p = g + (1 − g − λ)·logistic(Xβ), maximum likelihood by Fisher scoring from computed start values",
        "Treutwein & Strasburger (1999), Perception & Psychophysics 61, 87–106",
    ),
    "gee": Method(
        "generalised estimating equations, bias-reduced errors, t",
        "Σ D'V⁻¹(y − μ) = 0; residuals scaled by (I − H)⁻¹ in the sandwich; df = clusters − coefficients",
        "Liang & Zeger (1986), Biometrika 73, 13–22; Mancl & DeRouen (2001), Biometrics 57, 126–134",
    ),
    "mixed_logit": Method(
        "mixed logit with crossed intercepts, Laplace approximation",
        "logit p = Xβ + u_child + v_item, u ~ N(0, σ_c²), v ~ N(0, σ_i²); errors from the Hessian of the deviance",
        "Bates, Mächler, Bolker & Walker (2015), Journal of Statistical Software 67(1)",
    ),
    "bayes_logit": Method(
        "Bayesian mixed logit",
        "logit p = Xβ + u_child + v_item; posterior mean and equal-tailed interval",
        "Capretto et al. (2022), Journal of Statistical Software 103(15)",
    ),
    "noise_ceiling": Method(
        "noise ceiling from random halves of the children",
        "r_SB = 2r/(1 + r) of the halves' item means; ceiling of a correlation with the children = √r_SB",
        "Spearman (1910), Brown (1910), British Journal of Psychology 3; "
        "Nili et al. (2014), PLoS Computational Biology 10, e1003553",
    ),
    "disattenuated": Method(
        "correlation over the items, divided by the noise ceiling",
        "ρ / √r_SB",
        "Spearman (1904), American Journal of Psychology 15, 72–101",
    ),
    "spearman": Method(
        "Spearman correlation of item difficulties",
        "Pearson's r of ranks; limits from drawing items and children anew",
        "Spearman (1904), American Journal of Psychology 15, 72–101",
    ),
    "pearson": Method(
        "Pearson correlation",
        "r; limits tanh(atanh r ± z/√(n − 3))",
        "Fisher (1921), Metron 1, 3–32",
    ),
    "devbench_kl": Method(
        "divergence of the model's choices from the children's",
        "mean over trials of KL(human ‖ softmax(β·score)), β in [0.025, 40] where it is least",
        "Tan et al. (2024), DevBench, NeurIPS Datasets and Benchmarks",
    ),
    "error_consistency": Method(
        "error consistency",
        "κ = (observed − expected agreement)/(1 − expected), expected = p₁p₂ + (1 − p₁)(1 − p₂)",
        "Geirhos, Meding & Wichmann (2020), NeurIPS 33; "
        "Cohen (1960), Educational and Psychological Measurement 20, 37–46",
    ),
    "multinomial": Method(
        "share of answers by type of choice",
        "k / n; Wilson's limits",
        "Wilson (1927), Journal of the American Statistical Association 22, 209–212",
    ),
    "dif_logistic": Method(
        "differential item functioning by logistic regression",
        "logit p = a + b·rest + c·group; likelihood-ratio test of c; Benjamini–Hochberg over items",
        "Swaminathan & Rogers (1990), Journal of Educational Measurement 27, 361–370",
    ),
    "item_residual": Method(
        "residual of the model's answer from what children of the same rest score do",
        "(y − p̂)/√(p̂(1 − p̂)), p̂ from the children's logistic regression on the rest score",
        "Swaminathan & Rogers (1990), Journal of Educational Measurement 27, 361–370",
    ),
    "rasch": Method(
        "Rasch model, conditional maximum likelihood",
        "P(right) = logistic(θ − b), b estimated given the sum scores, Σb = 0",
        "Andersen (1972), Journal of the Royal Statistical Society B 34, 42–54",
    ),
    "two_pl": Method(
        "two-parameter logistic model, marginal maximum likelihood",
        "P(right) = g + (1 − g)·logistic(a(θ − b)), θ ~ N(0, 1), EM with 41 quadrature points",
        "Bock & Aitkin (1981), Psychometrika 46, 443–459",
    ),
    "theta_map": Method(
        "ability, mean of the posterior",
        "E(θ | answers) with θ ~ N(0, 1); P(right) = g + (1 − g)·logistic(a(θ − b))",
        "Bock & Mislevy (1982), Applied Psychological Measurement 6, 431–444",
    ),
    "aoa": Method(
        "age of acquisition",
        "age at which the word's curve reaches half of the way from chance to 1",
        "Goodman, Dale & Li (2008), Journal of Child Language 35, 515–531",
    ),
    "weber": Method(
        "Weber fraction",
        "P(right) = ½ + (½ − λ/2)·(2Φ(|n₁ − n₂|/(w·√(n₁² + n₂²))) − 1), λ = .05, w in 0.02–3, maximum likelihood",
        "Halberda & Feigenson (2008), Developmental Psychology 44, 1457–1465",
    ),
    "subitizing_range": Method(
        "subitizing range",
        "set size at which accuracy falls to half of the way from its top to chance, logistic in set size",
        "Trick & Pylyshyn (1994), Psychological Review 101, 80–102",
    ),
    "counting_error": Method(
        "counting error against number",
        "mean of answered − shown number, and its coefficient of variation, one mean a child",
        "Whalen, Gallistel & Gelman (1999), Psychological Science 10, 130–137",
    ),
    "slope_persons": Method(
        "mean of one slope per child, with t",
        "b̄ ± t(n − 1)·s_b/√n, b by least squares within the child",
        "Lorch & Myers (1990), Journal of Experimental Psychology: LMC 16, 149–157",
    ),
    "cluster_permutation": Method(
        "cluster-based permutation test over children",
        "sum of t in runs of |t| > t(.975); signs of whole children flipped; p = (1 + exceedances)/(1 + flips)",
        "Maris & Oostenveld (2007), Journal of Neuroscience Methods 164, 177–190",
    ),
    "median_persons": Method(
        "mean over children of their median times, with t",
        "x̄ ± t(n − 1)·s/√n of the children's medians",
        "Fernald, Pinto, Swingley, Weinberg & McRoberts (1998), Psychological Science 9, 228–231",
    ),
    "habituation": Method(
        "habituation",
        "y = floor + range·exp(−(trial − 1)/τ); criterion: three trials below half of the first three",
        "Oakes (2010), Journal of Cognition and Development 11, 255–268",
    ),
    "ex_gaussian": Method(
        "ex-Gaussian distribution, maximum likelihood",
        "t = N(μ, σ²) + Exp(mean τ)",
        "Lacouture & Cousineau (2008), Tutorials in Quantitative Methods for Psychology 4, 35–45",
    ),
    "ez_diffusion": Method(
        "EZ drift diffusion summary",
        "v, a, Ter from accuracy, mean and variance of the times of right answers; s = 0.1",
        "Wagenmakers, van der Maas & Grasman (2007), Psychonomic Bulletin & Review 14, 3–22",
    ),
    "quantile": Method(
        "quantile of the times",
        "linear interpolation of order statistics (type 7)",
        "Hyndman & Fan (1996), The American Statistician 50, 361–365",
    ),
    "split_half": Method(
        "split-half reliability",
        "mean over random halves of the items of 2r/(1 + r)",
        "Pronk, Molenaar, Wiers & Murre (2022), Psychonomic Bulletin & Review 29, 44–54",
    ),
    "icc": Method(
        "intraclass correlation, two-way random effects, absolute agreement, single measurement: ICC(A,1)",
        "(MSR − MSE)/(MSR + (k − 1)·MSE + k(MSC − MSE)/n)",
        "McGraw & Wong (1996), Psychological Methods 1, 30–46",
    ),
    "alpha": Method(
        "Cronbach's alpha",
        "k/(k − 1)·(1 − Σs_i²/s_total²); limits after Feldt",
        "Cronbach (1951), Psychometrika 16, 297–334; Feldt (1965), Psychometrika 30, 357–370",
    ),
    "omega": Method(
        "McDonald's omega total, one factor",
        "(Σλ)²/((Σλ)² + Σψ), maximum-likelihood factor of the correlations",
        "McDonald (1999), Test Theory",
    ),
    "kappa": Method(
        "Cohen's kappa",
        "(observed − expected)/(1 − expected) agreement",
        "Cohen (1960), Educational and Psychological Measurement 20, 37–46",
    ),
    "count": Method("count", "number of cases", "–"),
    "simulation": Method(
        "simulation from the protocol",
        "share of simulated studies, or mean over them; Wilson's limits of the Monte Carlo error",
        "Morris, White & Crowther (2019), Statistics in Medicine 38, 2074–2102",
    ),
    "cluster_mean": Method(
        "mean with errors clustered by child",
        "x̄ ± t(C − 1)·se, se from sums of residuals within children, factor C/(C − 1)",
        "Liang & Zeger (1986), Biometrika 73, 13–22",
    ),
    "benjamini_hochberg": Method(
        "Benjamini–Hochberg correction",
        "p(i)·m/i, made monotone from the largest",
        "Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57, 289–300",
    ),
    "reml": Method(
        "linear mixed model with crossed intercepts, REML, Satterthwaite's degrees of freedom",
        "y = Xβ + u_child + v_item + ε; df = 2V²/var(V) of a coefficient's variance V",
        "Kuznetsova, Brockhoff & Christensen (2017), Journal of Statistical Software 82(13)",
    ),
}
