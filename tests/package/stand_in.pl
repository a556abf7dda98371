# stand_in.pl SOCKET PROGRAM WORDS...: stands in for systemd and a service with a socket. It opens the
# socket as shoal.socket does, starts the program with it as the user shoal, and keeps the socket open when
# the program ends. If a file /again exists then, it starts the program again, as `systemctl restart` does.
use strict;
use POSIX ();
use Socket;

my ($path, @command) = @ARGV;
$^F = 3;  # the highest descriptor that stays open in the program
socket(my $listener, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
unlink $path;
bind($listener, pack_sockaddr_un($path)) or die "$path: $!";
chown((getpwnam 'www-data')[2, 3], $path) or die "$path: $!";
chmod(0660, $path) or die "$path: $!";
listen($listener, 511) or die "$path: $!";

while (1) {
  my $child = fork;
  if ($child == 0) {
    POSIX::dup2(fileno $listener, 3);
    @ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES)} = ($$, 1, 'shoal.socket');
    exec qw(setpriv --reuid shoal --regid shoal --init-groups --), @command or die "setpriv: $!";
  }
  waitpid $child, 0;
  exit($? >> 8 || $? & 127) unless unlink '/again';
}
