# SPDX-License-Identifier: BSD-2-Clause
# Builds, tests and installs Portico. For GNU make.
#
# One Makefile for all folders. config.mk comes from configure, which comes
# from autoconf; both are made here when they are missing. What is built goes
# into the folder where make runs: the tree itself, or one of your own:
#     mkdir build && cd build && ../configure && make

srcdir := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
abs_srcdir := $(abspath $(srcdir))

.DELETE_ON_ERROR:
.PHONY: all fault tests demo deps install uninstall clean distclean dist \
    distcheck check check-unit check-e2e check-style check-fuzz check-apps \
    torture torture-cache differential fuzz asan tsan
all: portico porticoctl

# deps comes first whatever else is asked for: without it there may be no
# compiler to configure for. deps-apps is for check-apps alone.
first := $(filter deps deps-apps,$(MAKECMDGOALS))
ifneq ($(first),)

after := $(filter-out $(first),$(MAKECMDGOALS))
.NOTPARALLEL:
.PHONY: deps-apps $(after)
deps:
	@sh $(srcdir)/t/deps
deps-apps:
	@sh $(srcdir)/t/deps apps
$(after): $(first)
	+@$(MAKE) --no-print-directory $@

else

ifneq ($(wildcard config.mk)$(filter-out clean distclean,$(or \
    $(MAKECMDGOALS),all)),)
include config.mk
endif

$(srcdir)/configure: $(srcdir)/configure.ac
	@echo '  AUTOCONF'; cd $(srcdir) && { command -v autoconf >/dev/null || \
	    { echo 'autoconf is missing: make deps' >&2; exit 1; }; } && autoconf

config.mk: $(srcdir)/configure $(srcdir)/src/config.mk.in \
    $(srcdir)/src/config.h.in
	@if test -x config.status; \
	then ./config.status --recheck && ./config.status; \
	else $(srcdir)/configure; fi
	@touch config.mk config.h

config.h: config.mk ;

# ---- The binaries --------------------------------------------------------

# Each folder of src is one archive; it may call those right of it, and
# nobody's but a role's neighbours' of its own. main.c alone sees all, but
# for what is porticoctl's.
layers := master gate worker steward logger ctl shm http net conf base
ctl_layers := ctl conf base

folders := $(sort $(notdir $(patsubst %/,%,$(dir \
    $(wildcard $(srcdir)/src/*/*.c)))))
homeless := $(filter-out $(layers),$(folders))
ifneq ($(homeless),)
$(error src/$(firstword $(homeless)) has no place in the layers)
endif
archives := $(patsubst %,obj/lib%.a,$(filter-out ctl,$(filter \
    $(folders),$(layers))))
ctl_archives := $(patsubst %,obj/lib%.a,$(ctl_layers))

warnings := -Wall -Wextra -Wshadow -Wvla -Wconversion -Wno-sign-conversion \
    -Wno-missing-field-initializers
# Fortified where it means something: with -O, and without a sanitizer.
fortify = $(if $(SANITIZE),,$(if $(filter-out -O0,$(filter \
    -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
our_cflags = -std=c11 -D_GNU_SOURCE $(warnings) $(WERROR) -fPIE \
    $(HARDEN_CFLAGS) $(fortify) $(SANITIZE) \
    -fmacro-prefix-map=$(srcdir)/= -include config.h -I. -I$(srcdir)/src \
    $(LIB_CFLAGS)

say = $(if $(V),,@echo '  $(1)	$@' &&)
compile = $(call say,CC) mkdir -p $(@D) && \
    $(CC) $(our_cflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
link = $(call say,LD) $(CC) -pie $(SANITIZE) $(HARDEN_LDFLAGS) $(CFLAGS) \
    $(LDFLAGS) -o $@ $(filter %.o %.a,$^)

portico: obj/main.o $(archives)
	$(link) $(LIBS)

porticoctl: obj/porticoctl.o $(ctl_archives)
	$(link) $(LIBS)

obj/%.o: $(srcdir)/src/%.c config.h
	$(compile)

obj/t/%.o: $(srcdir)/t/%.c config.h
	$(compile) $(CHECK_CFLAGS)

obj/lib%.a:
	$(call say,AR) rm -f $@ && $(AR) rcsD $@ $^

define archive
obj/lib$(1).a: $$(patsubst $$(srcdir)/src/%.c,obj/%.o,$$(sort \
    $$(wildcard $$(srcdir)/src/$(1)/*.c)))
endef
$(foreach f,$(folders),$(eval $(call archive,$(f))))

# ---- Tests ---------------------------------------------------------------

unit_tests := $(patsubst $(srcdir)/%.c,obj/%,$(sort \
    $(wildcard $(srcdir)/t/unit/test_*.c)))
fuzzers := $(patsubst $(srcdir)/%.c,obj/%,$(sort \
    $(wildcard $(srcdir)/t/fuzz/fuzz_*.c)))
# Clients and origins of the end-to-end tests: a program each.
peers := $(patsubst $(srcdir)/t/lib/%.c,obj/t/%,$(sort \
    $(wildcard $(srcdir)/t/lib/*.c)))

# The archives that a test names in its comment, so that an upward call
# does not link.
linked = $(patsubst %,obj/lib%.a,$(filter $(shell sed -n \
    's,^/\* links: *\(.*[^ ]\) *\*/.*,\1,p' $(srcdir)/$(1)),$(layers)))

.SECONDEXPANSION:
$(unit_tests): obj/%: obj/%.o $$(call linked,$$*.c)
	$(link) $(CHECK_LIBS) $(LIBS) -pthread

$(fuzzers): obj/%: obj/%.o $(if $(FUZZ_LIBS),,obj/t/fuzz/driver.o) \
    $$(call linked,$$*.c)
	$(link) $(FUZZ_LIBS) $(LIBS)

$(peers): obj/t/%: obj/t/lib/%.o
	$(link) -pthread $(if $(filter %/load,$@),-lssl -lcrypto)

# A program whose shared memory is laid out otherwise, so it says: an upgrade
# to it is refused.
obj/t/other: obj/main.o obj/t/other.o $(archives)
	$(link) $(LIBS)

obj/t/other.o: $(srcdir)/src/master/layout.c config.h
	$(compile) -DLAYOUT_EDITION=0

# Another one, whose cache is laid out otherwise.
obj/t/other-cache: obj/main.o obj/t/other-cache.o $(archives)
	$(link) $(LIBS)

obj/t/other-cache.o: $(srcdir)/src/shm/cache_area.c config.h
	$(compile) -DCACHE_VERSION=0

others := obj/t/other obj/t/other-cache
tests: portico porticoctl $(unit_tests) $(fuzzers) $(peers) $(others)

PROVE ?= prove
# More than there are processors: most tests wait most of their time.
TEST_JOBS ?= 7
in_the_tests = PORTICO='$(CURDIR)/portico' \
    PORTICOCTL='$(CURDIR)/porticoctl' \
    PORTICO_FAULT_BIN='$(CURDIR)/build-fault/portico' \
    PORTICO_LOAD='$(CURDIR)/obj/t/load' \
    PORTICO_ORIGIN='$(CURDIR)/obj/t/origin' \
    PORTICO_FAULTY='$(CURDIR)/obj/t/faulty' \
    PORTICO_BUSY='$(CURDIR)/obj/t/busy' \
    PORTICO_OTHER='$(CURDIR)/obj/t/other' \
    PORTICO_OTHER_CACHE='$(CURDIR)/obj/t/other-cache' \
    UBSAN_OPTIONS="$${UBSAN_OPTIONS:-print_stacktrace=1}"

# The sanitizers see nothing in the style.
checks := $(if $(SANITIZE),,check-style) check-unit check-fuzz check-e2e

check: tests fault
	+@for check in $(checks); do \
	    echo "== $$check" && \
	    $(MAKE) --no-print-directory $$check || exit 1; done

check-style: portico porticoctl
	@$(in_the_tests) $(PROVE) $(srcdir)/t/style/*.t

ifeq ($(HAVE_CHECK),no)
check-unit:
	@echo 'Check, the library of the unit tests, is missing: make deps'
	@exit 1
else
check-unit: $(unit_tests)
	@cd $(srcdir) && CK_TAP_LOG_FILE_NAME=- CK_DEFAULT_TIMEOUT=60 \
	    $(in_the_tests) $(PROVE) -j$(TEST_JOBS) -e '$(launcher)' $(abspath $(unit_tests))
endif

# All fuzz entries together take half a minute, unless told otherwise:
# make check-fuzz FUZZ_SECONDS=600
FUZZ_SECONDS ?= $(shell s=$$((60 / ($(words $(fuzzers)) + 1))); \
    test $$s -lt 6 && echo $$s || echo 6)

check-fuzz: $(fuzzers)
	@$(if $(fuzzers),FUZZ_SECONDS=$(FUZZ_SECONDS) \
	    $(PROVE) -j2 -e '$(srcdir)/t/fuzz/tap' $(fuzzers))

# T names one test of t/e2e, or a pattern: make check-e2e T='h03*'
T ?= *
# By number, so that tests of one kind do not all meet at the same time.
chosen := $(addprefix $(srcdir)/t/e2e/,$(or $(shell cd $(srcdir)/t/e2e && \
    ls $(T).t 2>/dev/null | LC_ALL=C sort -k 1.2),$(T).t))

# These take longest: they begin first, so that none of them is alone at the
# end; those that need the processors beside those that only wait.
slow := j76 j71 m22 w22 w20 w12 w11 f01 n02 t61 u01 t60 i02 o02 p10 q15 t03 \
    p08 n06 n05 p12 q35 q44 i09 t05 n07 n03 v15 m05 g12 v13 g15 e06 m21 m23
early = $(foreach n,$(slow),$(filter $(srcdir)/t/e2e/$(n)-%,$(chosen)))
check-e2e: portico porticoctl fault $(peers) $(others)
	@$(in_the_tests) TEST_JOBS=$(TEST_JOBS) $(srcdir)/t/prove $(early) \
	    $(filter-out $(early),$(chosen))

# Whole applications used through a browser; not part of check. What they
# need is installed by deps-apps.
check-apps: portico
	@$(in_the_tests) $(PROVE) $(srcdir)/t/apps/$(T).t

SECONDS ?= 60
torture: portico fault $(peers)
	@$(in_the_tests) $(srcdir)/t/torture $(SECONDS) $(CURDIR)/portico

torture-cache: portico porticoctl $(peers)
	@$(in_the_tests) $(srcdir)/t/torture-cache $(SECONDS) $(CURDIR)/portico

# Mutated requests through Portico, and on to nginx, Apache and Python.
COUNT ?= 100000
SEED ?= 1
differential: portico
	@$(in_the_tests) $(srcdir)/t/differential/run $(COUNT) $(SEED)

# Other builds, each in a folder of its own below this one.
build_in = mkdir -p $(1) && cd $(1) && { test -f config.mk || \
    $(abs_srcdir)/configure -q $(2); } && $(MAKE) --no-print-directory $(3)

fault:
	+@$(call build_in,build-fault,CC='$(CC)' CFLAGS='$(CFLAGS)' \
	    $(FEATURES) --enable-fault,portico)

asan:
	+$(call build_in,build-asan,CC='$(CC)' CFLAGS='-O1 -g' \
	    --enable-asan,check)

# Only the unit tests that make threads: what they call in shm/ is what
# processes do to one another.
tsan:
	+$(call build_in,build-tsan,CC='$(CC)' CFLAGS='-O1 -g' \
	    --enable-tsan,check-threads)

threaded := $(patsubst $(srcdir)/%.c,obj/%,$(shell grep -l pthread_create \
    $(srcdir)/t/unit/test_*.c 2>/dev/null))
.PHONY: check-threads
check-threads: $(threaded)
	@cd $(srcdir) && CK_TAP_LOG_FILE_NAME=- CK_DEFAULT_TIMEOUT=60 \
	    $(PROVE) -e '$(launcher)' $(abspath $(threaded))

# ThreadSanitizer wants its addresses where it expects them.
launcher = $(if $(filter %thread,$(SANITIZE)),$(shell \
    setarch -R true 2>/dev/null && echo setarch -R))

# With libFuzzer and ASan where clang has them.
fuzz:
	+$(call build_in,build-fuzz,CC=clang CFLAGS='-O1 -g' \
	    --enable-fuzzer,check-fuzz FUZZ_SECONDS=$(FUZZ_SECONDS))

demo: portico
	@sh $(srcdir)/t/demo $(CURDIR)/portico

# ---- Installation --------------------------------------------------------

.PHONY: install-sysv install-systemd install-openrc defaults

# Each of these can be given on the command line, as prefix and the others
# of configure can. etcdir is where the rest of the system looks: init.d,
# default, conf.d and logrotate.d stay in /etc whatever sysconfdir is.
etcdir = /etc
logdir = $(localstatedir)/log/portico
unitdir = $(prefix)/lib/systemd/system
usersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
completiondir = $(datarootdir)/bash-completion/completions

pages := $(notdir $(wildcard $(srcdir)/man/*.[1-9]))
samples := $(shell cd $(srcdir)/etc/examples && find * -type f)
inits := $(notdir $(wildcard $(srcdir)/etc/init/*))
confdir = $(DESTDIR)$(sysconfdir)/portico
sampledir = $(DESTDIR)$(docdir)/examples
initdir = $(DESTDIR)$(docdir)/init
page_at = $(DESTDIR)$(mandir)/man$(patsubst .%,%,$(suffix $(1)))/$(1)

# Names of folders in what goes into etc/init: @sbindir@ and its like.
filled = sed $(foreach v,sbindir sysconfdir etcdir rundir logdir,\
    -e 's,@$(v)@,$($(v)),g') $(srcdir)/etc/init/$(1)
# $(1) mode, $(2) from etc/init, $(3) to
put = install -d $(dir $(DESTDIR)$(3)) && \
    $(call filled,$(2)) >$(DESTDIR)$(3) && chmod $(1) $(DESTDIR)$(3)
# What an administrator has changed is left as it is: $(1) from, $(2) to
put_once = test -f $(DESTDIR)$(2) || { $(call put,644,$(1),$(2)); }
take_back = ! $(call filled,$(1)) | cmp -s - $(DESTDIR)$(2) || \
    rm -f $(DESTDIR)$(2)

install: all
	install -d $(DESTDIR)$(sbindir) $(confdir)
	install -d -m 750 $(DESTDIR)$(logdir)
	install -m 755 portico porticoctl $(DESTDIR)$(sbindir)
	install -D -m 644 $(srcdir)/etc/porticoctl.bash \
	    $(DESTDIR)$(completiondir)/porticoctl
	$(foreach p,$(pages),install -D -m 644 $(srcdir)/man/$(p) \
	    $(call page_at,$(p)) &&) :
	$(foreach s,$(samples),install -D -m 644 \
	    $(srcdir)/etc/examples/$(s) $(sampledir)/$(s) &&) :
	$(foreach i,$(inits),$(call put,644,$(i),$(docdir)/init/$(i)) &&) :
	install -m 644 $(srcdir)/README $(DESTDIR)$(docdir)/README
	test -f $(confdir)/portico.conf || install -m 644 \
	    $(srcdir)/etc/portico.conf $(confdir)/portico.conf

# What starts it, and turns its log files over, where the system looks.
install-sysv:
	$(call put,755,portico.init,$(etcdir)/init.d/portico)
	$(call put_once,portico.default,$(etcdir)/default/portico)
	$(call put_once,portico.logrotate,$(etcdir)/logrotate.d/portico)

install-systemd:
	$(call put,644,portico.service,$(unitdir)/portico.service)
	$(call put,644,portico.sysusers,$(usersdir)/portico.conf)
	$(call put,644,portico.tmpfiles,$(tmpfilesdir)/portico.conf)
	$(call put_once,portico.default,$(etcdir)/default/portico)
	$(call put_once,portico.logrotate,$(etcdir)/logrotate.d/portico)

install-openrc:
	$(call put,755,portico.openrc,$(etcdir)/init.d/portico)
	$(call put_once,portico.default,$(etcdir)/conf.d/portico)
	$(call put_once,portico.logrotate,$(etcdir)/logrotate.d/portico)

# All that installing brought and nobody has changed, whichever it was.
uninstall:
	rm -f $(DESTDIR)$(sbindir)/portico $(DESTDIR)$(sbindir)/porticoctl
	rm -f $(DESTDIR)$(completiondir)/porticoctl
	rm -f $(foreach p,$(pages),$(call page_at,$(p)))
	rm -f $(patsubst %,$(sampledir)/%,$(samples))
	rm -f $(patsubst %,$(initdir)/%,$(inits))
	rm -f $(DESTDIR)$(docdir)/README
	$(call take_back,portico.init,$(etcdir)/init.d/portico)
	$(call take_back,portico.openrc,$(etcdir)/init.d/portico)
	$(call take_back,portico.default,$(etcdir)/default/portico)
	$(call take_back,portico.default,$(etcdir)/conf.d/portico)
	$(call take_back,portico.logrotate,$(etcdir)/logrotate.d/portico)
	$(call take_back,portico.service,$(unitdir)/portico.service)
	$(call take_back,portico.sysusers,$(usersdir)/portico.conf)
	$(call take_back,portico.tmpfiles,$(tmpfilesdir)/portico.conf)
	! cmp -s $(srcdir)/etc/portico.conf $(confdir)/portico.conf || \
	    rm -f $(confdir)/portico.conf
	for d in $(addprefix $(sampledir)/,$(filter-out ./,$(dir $(samples)))) \
	    $(sampledir) $(initdir) $(DESTDIR)$(docdir) $(confdir) \
	    $(DESTDIR)$(logdir); do \
		test ! -d $$d || rmdir --ignore-fail-on-non-empty $$d; done

# The file of all keys, after a change of src/conf/keywords.def.
defaults: portico
	./portico -K | $(srcdir)/t/defaults >$@.new
	mv $@.new $(srcdir)/etc/examples/defaults.conf

# ---- The tarball ---------------------------------------------------------

name = portico-$(VERSION)
contents := Makefile configure.ac src man etc t README COPYING .ci \
    .gitignore .clang-format

# The same tree gives the same bytes: sorted, nobody's, of one time.
dist: $(srcdir)/configure
	{ git -C $(srcdir) ls-files -- $(contents) 2>/dev/null | grep . || \
	    (cd $(srcdir) && find $(contents) -type f); echo configure; } | \
	    LC_ALL=C sort >dist-list
	at=$$(git -C $(srcdir) log -1 --format=%ct 2>/dev/null || \
	    stat -c %Y $(srcdir)/configure.ac) && \
	tar -C $(srcdir) --owner=0 --group=0 --numeric-owner \
	    --mode=u+rw,go+rX,go-w --mtime=@$$at --format=gnu \
	    --transform='s,^,$(name)/,' -cf - -T $(CURDIR)/dist-list | \
	    gzip -n9 >$(name).tar.gz
	rm -f dist-list

distcheck: dist
	sh $(srcdir)/t/distcheck $(name) $(MAKE)

# ---- Leaving no trace ----------------------------------------------------

clean:
	@! test -d build-dist || chmod -R u+w build-dist
	rm -rf obj build-fault build-asan build-tsan build-fuzz build-dist
	rm -f portico porticoctl crash-* $(if $(VERSION),$(name).tar.gz)

distclean: clean
	rm -rf autom4te.cache
	rm -f config.mk config.h config.log config.status portico-*.tar.gz
	rm -f $(if $(wildcard configure.ac),configure configure~,Makefile)

-include $(shell find obj -name '*.d' 2>/dev/null)

endif
