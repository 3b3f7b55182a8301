# The analysis file: recipes, keys and what is wrong with one.

## recipes
equation-chart = X_cjt raw and indexed, all candidate dates, comparison lines
recipe-chart = A picture without an estimate or a p-value; descriptive.
equation-double_ratio = (X_cjt / X_c·t) / (X_·jt / X_··t), own flow left out
recipe-double_ratio = One pair against its city's other flows and its destination's other flows at once, ranked among placebos.
equation-log_two_way = mean of ln X − ln X(0), with ln X(0) = α_cj + α_t imputed; beside it ln X = Σ_e β_e 1[t − g = e] + α_cj + α_t
recipe-log_two_way = Legacy: what the older literature printed; city-wide and destination booms stay in.
equation-log_gravity = mean of ln X − ln X(0), with ln X(0) = α_cj + α_ct + α_jt imputed; beside it ln X = Σ_e β_e 1[t − g = e] + α_cj + α_ct + α_jt
recipe-log_gravity = What is left after city-wide and destination booms; zeros are lost.
equation-ppml_gravity = ΣX / ΣX(0) − 1, with E[X(0)] = exp(α_cj + α_ct + α_jt) imputed; beside it E[X] = exp(Σ_e β_e 1[t − g = e] + α_cj + α_ct + α_jt)
recipe-ppml_gravity = The default: zeros kept, heteroskedasticity harmless, only what is bilateral is left.
equation-staggered = mean of ln X − ln X(0) imputed; beside it Σ_e β_e 1[t − g = e], cohort by cohort
recipe-staggered = Onsets differ and effects may too: estimators without forbidden comparisons beside the usual ones.
equation-staggered_levels = ΣX / ΣX(0) − 1, with E[X(0)] = exp(α_cj + α_ct + α_jt) imputed; beside it E[X] = exp(Σ_g Σ_t β_gt D_gt + α_cj + α_ct + α_jt), cohort by cohort
recipe-staggered_levels = The same in levels, zeros kept: the treated total by imputation and by cells, beside PPML.
equation-single_case = one dyad, donor sets A (same city) and B (same destination)
recipe-single_case = Picture, ratios and synthetic controls against both donor sets, placebo ranks with their floor, date sets.
