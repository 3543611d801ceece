#!/bin/sh
# Wrong usage of every command, and what --help says. Usage: test_usage.sh PROGRAM MODELS
. "$(dirname "$0")/expect.sh"

test_usage() {
    write_model good.yaml
    for wrong in '' nonsense --nonsense -o ./good.yaml; do
        # shellcheck disable=SC2086 # an empty word is no command at all
        run $wrong
        check "gibbsflow $wrong: exit status $status" [ $status -eq 2 ]
        check "gibbsflow $wrong: prints something" [ ! -s $out ]
        check "gibbsflow $wrong: says '$complained'" contains "$complained" "Usage: gibbsflow"
        check "gibbsflow $wrong: does not name it" contains "$complained" "$wrong"
    done
    for command in operators spectrum forces fixed-points converge figure info; do
        run $command --help
        check "$command --help: exit status $status" [ $status -eq 0 ]
        check "$command --help: no example" contains "$said" "Example"
        check "$command --help: how to call it" contains "$said" "gibbsflow $command"
        check "$command --help: complains" [ ! -s $err ]
        refuse 2 "--nonsense: unknown option" $command --nonsense
        refuse 2 "-Q: unknown option" $command good.yaml -Q
        refuse 2 "one too many" $command good.yaml good.yaml
        refuse 2 "--threads" $command good.yaml --threads -1
    done
    refuse 2 "--threads" forces good.yaml --threads 100000
    refuse 2 "numeric" forces good.yaml --threads abc
    refuse 2 "missing argument" forces good.yaml --threads
    for command in operators spectrum forces fixed-points converge figure; do
        refuse 2 "which file?" $command
    done
    for command in spectrum forces figure; do
        refuse 2 "expected -o" $command good.yaml
        refuse 2 "must end in" $command good.yaml -o new.txt
        refuse 2 "must end in" $command good.yaml -o new
        refuse 2 "must end in" $command good.yaml -o ''
        refuse 2 "missing argument" $command good.yaml -o
    done
    refuse 2 "must end in" fixed-points good.yaml -o new.pdf
    refuse 2 "must end in" converge good.yaml -o new.pdf
    for command in spectrum fixed-points; do # one parser serves all: every value with one of them
        refuse 2 "--sites 4x" $command good.yaml --sites 4x -o old.h5
        refuse 2 "--set" $command good.yaml --set gamma -o old.h5
        refuse 2 "--method some" $command good.yaml --method some -o old.h5
        refuse 2 "--samples 0" $command good.yaml --method typicality --samples 0 -o old.h5
        refuse 2 "--seed x" $command good.yaml --seed x -o old.h5
    done
    for sites in 0 -1 abc 4x 4.5 99 99999999999999999999 ''; do
        refuse 2 "--sites $sites" forces good.yaml --sites "$sites" -o old.h5
    done
    for wrong in gamma gamma= =1 '' gamma=x 'gamma=1 2' gamma=0.9x X=1 i=1 gamma=1/0 gamma=1e999 \
        gamma=i 'gamma=Z[0]' gamma=nan gamma=inf 'gamma=(1'; do
        refuse 2 "--set" forces good.yaml --set "$wrong" -o old.h5
    done
    for method in '' some Full typical; do
        refuse 2 "--method $method" forces good.yaml --method "$method" -o old.h5
    done
    for samples in '' 0 1 -4 4x 2.5 1000001 99999999999999999999; do
        refuse 2 "--samples $samples" forces good.yaml --method typicality --samples "$samples" -o old.h5
    done
    for seed in '' -4 x 1.5 9007199254740992 99999999999999999999; do
        refuse 2 "--seed $seed" forces good.yaml --method typicality --seed "$seed" -o old.h5
    done
    for command in spectrum forces fixed-points; do
        refuse 2 "not full" $command good.yaml --seed 1 --method full -o old.h5
        refuse 1 "add --method typicality" $command good.yaml --samples 4 -o old.h5
    done
    refuse 2 "--kind pie" figure good.yaml --kind pie -o new.pdf
    refuse 2 "--method some" info good.yaml --method some
    for wrong in gamma gamma= =0:1:3 1=0:1:3 gamma=0 gamma=0:1 gamma=::: gamma=:1:3 gamma=0::3 gamma=0:1: \
        gamma=a:1:3 gamma=0:b:3 gamma=0:1:c gamma=0:1:3:4 gamma=0:1:0 gamma=0:1:-3 gamma=0:1:2.5 \
        gamma=0:1:1e99 gamma=0:1:99999999999999999999 gamma=1:0:3 gamma=1:1:3 gamma=nan:1:3 \
        gamma=0:inf:3 gamma=0:1/0:3 ''; do
        refuse 2 "--scan" fixed-points good.yaml --scan "$wrong" -o old.h5
    done
}

test_usage_of_converge() {
    for sites in '' 8 : 4: :9 4:8:1 4-9 a:9 4:b 4:9x 9:4 4:7 1:9 -4:9 4:33 4:99999999999999999999; do
        refuse 2 "--sites $sites" converge good.yaml --sites "$sites" -o old.h5
    done
    for point in '' 0 , 0, ,1 0,1,2 '0 1' a,0 0,b 0,nan inf,0 0,1e999; do
        refuse 2 "--at $point" converge good.yaml --sites 4:9 --at "$point" -o old.h5
    done
    refuse 2 "missing argument" converge good.yaml --at
    refuse 2 "--set" converge good.yaml --set gamma
    refuse_to_write 1 "too few for a ladder" converge good.yaml
    refuse_to_write 1 "beyond the chain of 1 sites" converge good.yaml --sites 2:7
    refuse_to_write 1 "no parameter 'delta'" converge good.yaml --sites 4:8 --set delta=1
}

test_overview() {
    accept --version
    check "--version: says '$said'" contains "$said" "gibbsflow "
    accept --help
    for command in operators spectrum forces fixed-points converge figure info; do
        check "--help: lacks $command" contains "$said" "$command"
    done
    check "--help: no example" contains "$said" "gibbsflow forces models/"
}

test_usage
test_usage_of_converge
test_overview
finish
