# SPDX-License-Identifier: BSD-2-Clause
# Man pages, taken apart for the tests that read them.
package Manual;
use strict;
use warnings;
use Exporter 'import';

our @EXPORT_OK = qw(literals sections text_of);

sub text_of
{
	my ($path) = @_;

	open my $in, '<', $path or return '';
	local $/;
	return scalar <$in>;
}

# The sections and subsections of a page, each with its heading, its text, and
# the items of its lists: { head => "Ic name Pq type", text => "..." }.
sub sections
{
	my ($page) = @_;
	my @sections = ({ heading => '', text => '', items => [] });

	for (split /^/m, $page) {
		if (/^\.S[hs] (.*)/) {
			push @sections, { heading => $1, text => '',
			    items => [] };
			next;
		}
		my $s = $sections[-1];
		$s->{text} .= $_;
		push @{ $s->{items} }, { head => $1, text => '' }
		    if /^\.It (.*)/;
		$s->{items}[-1]{text} .= $_ if @{ $s->{items} } && !/^\.It /;
	}
	return @sections;
}

# The examples in a text: what stands there to be used as it is.
sub literals
{
	my ($text) = @_;
	my @found = $text =~ /^\.Bd -literal[^\n]*\n(.*?)^\.Ed$/msg;

	s/\\e/\\/g, s/\\&//g for @found;
	return @found;
}

1;
