// SPDX-License-Identifier: Apache-2.0
/** Known answers for the self-test at start: the HPKE-PQ vector for KEM 0x647a, and RFC 8032 section 7.1 test 1. */
import { fromBase64, fromHex } from './bytes'

export const XWING_VECTOR = {
  seed: () => fromBase64('PsR/qC3VaJ0nxhkOckx07I9gjfMzHOMxkp43uClnZjA='),
  publicKeySha256: () => fromHex('ad8aaf3f00d8a39bfeec2947a7d5dde68be08bba19bd301a348a45dc5fcc8341'),
  enc: () =>
    fromBase64(
      'JnWceyKSPqXMnHjj4UyPxi3LCmbOREYJZpeKf+loXgxtIpmdmaPxEsMHptWy5jWR9B6KNRa6YpCDdtZkVXIG5pauhwMF/2uggSUma8B2VnK+yp' +
      'D9XG2uDT3a0VBgZanU8pfgw+cLtEGWHfJtehnXnR734qxeU7MqPHtOB/KvKuZYMKPo0csqwZMvwZ7FQ0MDtiydAQZFz5WkdZE9pdd6KCuIQC5K' +
      'd6sXsJVZ3OipbGeie+qPZTzqyj0ni27RUP6TbdoosXJmZclGyrMDY++J64eP/MdMqid6XasZlBk6Z5ZxJevVCYbcFpl7j3SE19DifHn/S2ggHB' +
      'tBAvWnMyL9Palr9lXZDJseYwXgGrGzRJ6j9Fiw6Y4fLRYyglw7MAGLte77zID3Z9C55/n3MeGVgIOHnrzBtbsGHokwLERKhe7tFpsQ0lIP1Htq' +
      'ERkU872i8x0E8lBSK6lRASpin6LNIZJYPMmr110Ct6Ef0YBWxBS48OCTZTW/m2N8fmFKGum56Qf+nRQkPxNiXskql1meqkkbnakYtYbifTTHJ5' +
      'IF3XbPDs2/YLWupM+53KQQafPi/I83GnzzsInqRp2EF72jFJFZmSOZzNW693ag+JZtR0LL7a6sEx3ehTyx+7e4aaTAHOqKSHouUudXv0387COZ' +
      'Xl8IiATSz5nILwh0VBRMxYaEXXz4EknnrZGeobBgAa0TUB2hGO4ZhZWVAVtLGHKRLdLU9d2FTxRK4HA4vYuytJj47csccMIQKvdo1QihtCNyOM' +
      'DG40qcgZsOvyj0lQXTdAlbK1jHqBDPHoBss8ea87yEyLZXeHgE43TfK0m+asUQ1DAk5l/QMVQKfNRck0itn1URuWm+b5xNhJwUKPYRIlsNmjrj' +
      'QWabpkW6qHfNw0w59ZdfSZGnf4bsosJevuY6BpKMG7yVE/NVR2Reg1VEweSo8z1/KcHPveZCX6Ba7/afNzqoooHJKBfL5b6TBXlTVO/HGolGLo' +
      'fOg5GdZ53L/e2I9//5F39LSeipWdmqeLY/65n6VnNd8PT8JTZTqRd/dnswe7Kp5+TZBC8izGxPF324Dvrr/vijuqbxQjM1yDAwjCSWEYJj8L02' +
      'HZP4tOdafLqUwq9y3RPuiSZSTP6d8U95Flo0mLn9Yxy7h00lsRMV+ay0QlElYc99xgmKCIdPzHBM3V6E5XgRpJ54+9VuWo52dhcyHClQlVleor' +
      'D0qsow3Th0mrg1Mr4b3PTDKhGeA1VYu0J9vbgGtOFc6o3zwJhyjCteQCCcUThTHbG2YHd1ROagFEd6fRuT6w8kX+nnBTmXwQUE72kvIWOchtiS' +
      'bdzmiG0MOet8WTV+5U+BhxAZWTcT9KbfN79wAzWGlM/1mvmHLKAr92LiBJkifbovVSIDRZ3MaXgO8I2bq0FA2W4cR48Gtjtgyb+xDZDjHUdXDq' +
      'lJq46bmdtuwviip33LJcw2tzPfwJuCmanXsZ5owJrYJwP5tH000aPLr+Qsc/V9Dg==',
    ),
  shared: () => fromBase64('WCAO0fE3vZWpIbtH9qrs8jlbJvf9JO/Tpf+uSEno3qM='),
}

export const ED25519_VECTOR = {
  seed: () => fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'),
  publicKey: () => fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'),
  signature: () =>
    fromHex(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ),
}
