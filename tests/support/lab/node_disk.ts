/**
 * Lines of a shell script that give a node directories of its own on what `$disk` names: /var/lib and /var/log are
 * empty at first, /etc and /opt are the machine's with the node's changes. All of it is there again after a reboot.
 */
export const MOUNT_DISK = `
for name in lib log; do
  mkdir -p "$disk/var/$name"
  mount --bind "$disk/var/$name" "/var/$name"
done
for name in etc opt; do
  mkdir -p "$disk/$name" "$disk/work/$name"
  mount -t overlay -o "lowerdir=/$name,upperdir=$disk/$name,workdir=$disk/work/$name" overlay "/$name"
done
`;
