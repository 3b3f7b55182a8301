* Estimates of twintrade, repeated in Stata: do this file in its folder. Each line has twintrade's number and Stata's.
* It needs: ssc install reghdfe, ppmlhdfe, ftools, did_imputation, jwdid, csdid, drdid, hdfe
* Errors of reghdfe count parameters: in twintrade they are those under correction = "stata".
version 16
set more off

program define take
    args sample transform
    use "panel.dta", clear
    keep if `sample' == 1
    generate double y = cond("`transform'" == "log", ln(outcome), outcome)
end

program define tell
    args name software stored estimate
    display "`name', `software': twintrade " %12.8f `stored' ", here " %12.8f `estimate'
end

