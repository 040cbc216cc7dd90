/** What opening, moving and cancelling need of the sealing ground, in one piece. */
export { carryThrough, isClaimable, newClaim } from '../../usecases/claim';
export { cancelAppointment } from '../../usecases/cancel';
export { settleLeft } from '../../usecases/messages/taken_away';
export { sealMove, sendMove } from '../../usecases/move';
export { AlteredAppointment, openLink, readersOf } from '../../usecases/open_link';
export { WrongPractice } from '../../usecases/trust';
export { Unsupported, ready } from './sealing_code';
