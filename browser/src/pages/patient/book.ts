import { start } from '../parts/start';
import Booking from './Booking.svelte';
import { patientWords } from './words';

void start(Booking, patientWords);
