import { heldHere } from '../../usecases/keep';
import { start } from '../parts/start';
import Booking from './Booking.svelte';
import { bookingWords } from './words';

void start(Booking, bookingWords);
heldHere();
